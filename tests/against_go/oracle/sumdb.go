package main

import (
	"errors"
	"fmt"
	"net/url"
	"sort"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Byte slices travel as base64, as encoding/json does by itself.

type signature struct {
	Name   string `json:"name"`
	Hash   uint32 `json:"hash"`
	Base64 string `json:"base64"`
}

func signatures(sigs []note.Signature) []signature {
	list := []signature{}
	for _, s := range sigs {
		list = append(list, signature{s.Name, s.Hash, s.Base64})
	}
	return list
}

// A growing log with the record "record N\n" at N.
type sampleLog struct {
	hashes []tlog.Hash
	n      int64
}

func (l *sampleLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, i := range indexes {
		list = append(list, l.hashes[i])
	}
	return list, nil
}

func (l *sampleLog) grow(n int64) *sampleLog {
	for ; l.n < n; l.n++ {
		hashes, err := tlog.StoredHashes(l.n, fmt.Appendf(nil, "record %d\n", l.n), l)
		if err != nil {
			panic(err)
		}
		l.hashes = append(l.hashes, hashes...)
	}
	return l
}

var sample sampleLog

func hashes[H ~[]tlog.Hash](list H) [][]byte {
	out := [][]byte{}
	for _, h := range list {
		out = append(out, h[:])
	}
	return out
}

func toHash(b []byte) (h tlog.Hash) {
	copy(h[:], b)
	return h
}

func toHashes(list [][]byte) (out []tlog.Hash) {
	for _, b := range list {
		out = append(out, toHash(b))
	}
	return out
}

// mapTiles serves tiles out of a map by path and notes what it was asked for.
type mapTiles struct {
	height int
	data   map[string][]byte
	asked  []string
	saved  []string
}

func (t *mapTiles) Height() int { return t.height }

func (t *mapTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var list [][]byte
	for _, tile := range tiles {
		t.asked = append(t.asked, tile.Path())
		list = append(list, t.data[tile.Path()])
	}
	return list, nil
}

func (t *mapTiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for _, tile := range tiles {
		t.saved = append(t.saved, tile.Path())
	}
}

// script is the world of one sumdb.Client, and what it did in it.
type script struct {
	Key       string
	Latest    []byte
	Cache     map[string][]byte
	Remote    map[string][]byte
	Errors    map[string]string
	Conflicts [][]byte // heads that another process writes just before ours, in turn
	Lookups   [][2]string

	mu       sync.Mutex
	remote   []string
	cached   []string
	saved    map[string][]byte
	writes   int
	security []string
}

func (s *script) ReadRemote(path string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote = append(s.remote, path)
	if text, ok := s.Errors[path]; ok {
		return nil, errors.New(text)
	}
	if data, ok := s.Remote[path]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("reading https://example.com%s: 404 Not Found", path)
}

func (s *script) ReadConfig(file string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if file == "key" {
		return []byte(s.Key), nil
	}
	if text, ok := s.Errors["config"]; ok {
		return nil, errors.New(text)
	}
	return s.Latest, nil
}

func (s *script) WriteConfig(file string, old, new []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if text, ok := s.Errors["write config"]; ok {
		return errors.New(text)
	}
	if len(s.Conflicts) > 0 {
		s.Latest, s.Conflicts = s.Conflicts[0], s.Conflicts[1:]
		return sumdb.ErrWriteConflict
	}
	s.Latest = new
	return nil
}

func (s *script) ReadCache(file string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached = append(s.cached, file)
	if data, ok := s.Cache[file]; ok {
		return data, nil
	}
	return nil, errors.New("no such file")
}

func (s *script) WriteCache(file string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved[file] = data
}

func (s *script) Log(msg string) {}

func (s *script) SecurityError(msg string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.security = append(s.security, msg)
}

type lookupResult struct {
	Lines    []string `json:"lines"`
	Err      any      `json:"err"`
	Security any      `json:"security"`
}

func (s *script) run() any {
	s.saved = map[string][]byte{}
	client := sumdb.NewClient(s)
	results := []lookupResult{}
	for _, l := range s.Lookups {
		lines, err := client.Lookup(l[0], l[1])
		if lines == nil {
			lines = []string{}
		}
		r := lookupResult{Lines: lines, Err: errText(err)}
		if len(s.security) > 0 {
			// Here the go command has printed it and is gone.
			r.Security = s.security[0]
			results = append(results, r)
			break
		}
		results = append(results, r)
	}
	sort.Strings(s.remote)
	sort.Strings(s.cached)
	return map[string]any{
		"results": results,
		"remote":  append([]string{}, s.remote...),
		"cached":  append([]string{}, s.cached...),
		"saved":   s.saved,
		"latest":  s.Latest,
		"writes":  s.writes,
	}
}

func init() {
	register("note.verifier", func(vkey string) any {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{"err": nil, "name": v.Name(), "hash": v.KeyHash()}
	})
	register("note.open", func(in struct {
		Msg  []byte
		Keys []string
	}) any {
		var list []note.Verifier
		for _, key := range in.Keys {
			v, err := note.NewVerifier(key)
			if err != nil {
				panic(err)
			}
			list = append(list, v)
		}
		n, err := note.Open(in.Msg, note.VerifierList(list...))
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{
			"err": nil, "text": n.Text,
			"sigs": signatures(n.Sigs), "unverified": signatures(n.UnverifiedSigs),
		}
	})
	register("tlog.parseTree", func(text []byte) any {
		tree, err := tlog.ParseTree(text)
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{"err": nil, "size": tree.N, "root": tree.Hash[:]}
	})
	register("tlog.parseRecord", func(msg []byte) any {
		id, text, rest, err := tlog.ParseRecord(msg)
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{"err": nil, "id": id, "text": text, "rest": rest}
	})
	register("tlog.formatRecord", func(text []byte) any {
		msg, err := tlog.FormatRecord(7, text)
		return map[string]any{"err": errText(err), "msg": msg}
	})
	register("tlog.parseTilePath", func(path string) any {
		t, err := tlog.ParseTilePath(path)
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{"err": nil, "tile": []int64{int64(t.H), int64(t.L), t.N, int64(t.W)}}
	})
	register("tlog.index", func(in struct {
		Height int
		Index  int64
	}) any {
		level, n := tlog.SplitStoredHashIndex(in.Index)
		return map[string]any{
			"level": level, "n": n,
			"back": tlog.StoredHashIndex(level, n),
			"tile": tlog.TileForIndex(in.Height, in.Index).Path(),
		}
	})
	register("tlog.hashFromTile", func(in struct {
		H, L  int
		N     int64
		W     int
		Data  []byte
		Index int64
	}) any {
		h, err := tlog.HashFromTile(tlog.Tile{H: in.H, L: in.L, N: in.N, W: in.W}, in.Data, in.Index)
		if err != nil {
			return map[string]any{"err": err.Error()}
		}
		return map[string]any{"err": nil, "hash": h[:]}
	})
	register("tlog.proofs", func(in struct{ Size, Record, Old int64 }) any {
		log := sample.grow(in.Size)
		root, err := tlog.TreeHash(in.Size, log)
		old, err2 := tlog.TreeHash(in.Old, log)
		record, err3 := tlog.ProveRecord(in.Size, in.Record, log)
		tree, err4 := tlog.ProveTree(in.Size, in.Old, log)
		return map[string]any{
			"root": root[:], "old": old[:], "record": hashes(record), "tree": hashes(tree),
			"errs": []any{errText(err), errText(err2), errText(err3), errText(err4)},
		}
	})
	register("tlog.check", func(in struct {
		Size, Record, Old      int64
		Root, OldRoot, Leaf    []byte
		RecordProof, TreeProof [][]byte
	}) any {
		return []any{
			errText(tlog.CheckRecord(toHashes(in.RecordProof), in.Size, toHash(in.Root), in.Record, toHash(in.Leaf))),
			errText(tlog.CheckTree(toHashes(in.TreeProof), in.Size, toHash(in.Root), in.Old, toHash(in.OldRoot))),
		}
	})
	register("tlog.readHashes", func(in struct {
		Height  int
		Size    int64
		Root    []byte
		Indexes []int64
		Tiles   map[string][]byte
	}) any {
		tiles := &mapTiles{height: in.Height, data: in.Tiles}
		list, err := tlog.TileHashReader(tlog.Tree{N: in.Size, Hash: toHash(in.Root)}, tiles).ReadHashes(in.Indexes)
		return map[string]any{
			"err": errText(err), "hashes": hashes(list), "asked": tiles.asked, "saved": tiles.saved,
		}
	})
	register("sumdb.client", func(s *script) any { return s.run() })
	register("url.struct", func(text string) any {
		u, err := url.Parse(text)
		if err != nil {
			return nil
		}
		return fmt.Sprintf("%+v", *u)
	})
}
