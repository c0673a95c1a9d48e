package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
)

// A checksum database served by Go's own code (sumdb.Server over sumdb.TestServer) at its own address and
// behind module proxies, each of which may be told to do something else for some paths. The listeners stay
// for the life of the program; every world gets new contents.

// reply takes the place of a true one.
type reply struct {
	Status int
	Type   string
	Body   []byte
	Reset  bool // hang up without a word
}

// place says how one listener differs from an honest one: by exact path, or by the kind of the path.
type place struct {
	Said      map[string]*reply // by path, without /sumdb/NAME
	Supported *reply
	Lookup    *reply
	Tile      *reply
}

type sumWorld struct {
	Name    string // of the database: the proxies serve it below /sumdb/NAME
	Signer  string
	Records [][3]string // path, version, lines
	Size    int         // records in the head that is signed; 0 for all
	Files   map[string][]byte
	Places  []place // the database first, then the proxies
}

// headOps serves one log with the signed head of another.
type headOps struct {
	*sumdb.TestServer
	head *sumdb.TestServer
}

func (o headOps) Signed(ctx context.Context) ([]byte, error) { return o.head.Signed(ctx) }

var sumNow struct {
	sync.Mutex
	world  *sumWorld
	server http.Handler
	log    [][2]any // listener, path
}

func testServer(w *sumWorld, size int) *sumdb.TestServer {
	lines := map[module.Version]string{}
	for _, r := range w.Records {
		lines[module.Version{Path: r[0], Version: r[1]}] = r[2]
	}
	s := sumdb.NewTestServer(w.Signer, func(path, version string) ([]byte, error) {
		text, ok := lines[module.Version{Path: path, Version: version}]
		if !ok {
			return nil, &fs.PathError{Op: "lookup", Path: path + "@" + version, Err: errors.ErrUnsupported}
		}
		return []byte(text), nil
	})
	for _, r := range w.Records[:size] {
		if _, err := s.Lookup(context.Background(), module.Version{Path: r[0], Version: r[1]}); err != nil {
			panic(err)
		}
	}
	// From now on a version that the log does not have is not found.
	for k := range lines {
		delete(lines, k)
	}
	return s
}

type notFoundOps struct{ sumdb.ServerOps }

func (o notFoundOps) Lookup(ctx context.Context, m module.Version) (int64, error) {
	id, err := o.ServerOps.Lookup(ctx, m)
	if err != nil {
		err = &fs.PathError{Op: "lookup", Path: m.String(), Err: fs.ErrNotExist}
	}
	return id, err
}

func (a *reply) send(w http.ResponseWriter) {
	if a.Reset {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			if c, ok := conn.(*net.TCPConn); ok {
				c.SetLinger(0)
			}
			conn.Close()
		}
		return
	}
	kind := a.Type
	if kind == "" {
		kind = "text/plain; charset=UTF-8"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}

func serveSumWorld(number int, w http.ResponseWriter, r *http.Request) {
	sumNow.Lock()
	sumNow.log = append(sumNow.log, [2]any{number, r.URL.EscapedPath()})
	world, server := sumNow.world, sumNow.server
	sumNow.Unlock()
	path := r.URL.Path
	if number > 0 {
		below := "/sumdb/" + world.Name
		if !strings.HasPrefix(path, below+"/") {
			if data, ok := world.Files[path]; ok {
				w.Write(data)
			} else {
				http.NotFound(w, r)
			}
			return
		}
		path = strings.TrimPrefix(path, below)
		r.URL.Path = path
	}
	p := world.Places[number]
	said := p.Said[path]
	switch {
	case said != nil:
	case path == "/supported":
		said = p.Supported
		if said == nil {
			said = &reply{Status: 200}
		}
	case strings.HasPrefix(path, "/lookup/"):
		said = p.Lookup
	case strings.HasPrefix(path, "/tile/"):
		said = p.Tile
	}
	if said != nil {
		said.send(w)
		return
	}
	server.ServeHTTP(w, r)
}

func listenSumWorld(number int, cert *tls.Certificate) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	address := l.Addr().String()
	if cert != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*cert}})
	}
	server := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serveSumWorld(number, w, r) }),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go server.Serve(l)
	return address
}

func init() {
	register("sumworld.start", func(in struct {
		Proxies   int
		Cert, Key string
	}) any {
		cert, err := tls.X509KeyPair([]byte(in.Cert), []byte(in.Key))
		if err != nil {
			panic(err)
		}
		addresses := []string{listenSumWorld(0, &cert)}
		for n := range in.Proxies {
			addresses = append(addresses, listenSumWorld(n+1, nil))
		}
		return addresses
	})
	// Takes a world into service; returns the signed head, as Go's own code signs it.
	register("sumworld.set", func(w sumWorld) any {
		full := testServer(&w, len(w.Records))
		head := full
		if w.Size > 0 {
			head = testServer(&w, w.Size)
		}
		sumNow.Lock()
		defer sumNow.Unlock()
		sumNow.world = &w
		sumNow.server = sumdb.NewServer(notFoundOps{headOps{full, head}})
		sumNow.log = [][2]any{}
		signed, err := head.Signed(context.Background())
		return map[string]any{"head": signed, "err": errText(err)}
	})
	register("sumworld.log", func(struct{}) any {
		sumNow.Lock()
		defer sumNow.Unlock()
		log := sumNow.log
		sumNow.log = [][2]any{}
		return log
	})
}
