package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"
)

// resolverAt is Go's own resolver, whose every nameserver is the one at this loopback port.
func resolverAt(port int) *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", port))
		},
	}
}

type lookupQuestion struct {
	Name   string
	Port   int
	Millis int
}

type helloQuestion struct {
	Host     string
	ALPN     []string
	Min, Max uint16
}

type verifyQuestion struct {
	Chain, Roots []string
	Host         string
	Unix         int64
}

type dialQuestion struct {
	Name      string
	ResolveAt int
	Port      int
	Millis    int
}

// firstWrite keeps what is written and lets nothing be read.
type firstWrite struct {
	net.Conn
	got bytes.Buffer
}

func (c *firstWrite) Write(p []byte) (int, error)      { return c.got.Write(p) }
func (c *firstWrite) Read(p []byte) (int, error)       { return 0, io.EOF }
func (c *firstWrite) Close() error                     { return nil }
func (c *firstWrite) SetDeadline(time.Time) error      { return nil }
func (c *firstWrite) SetWriteDeadline(time.Time) error { return nil }

// fixedRead reads what it was given, then ends; keeps what is written.
type fixedRead struct {
	firstWrite
	in *bytes.Reader
}

func (c *fixedRead) Read(p []byte) (int, error) { return c.in.Read(p) }

func certificates(encoded []string) ([]*x509.Certificate, error) {
	var found []*x509.Certificate
	for _, text := range encoded {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		found = append(found, cert)
	}
	return found, nil
}

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "oracle"},
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{"oracle.test"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func init() {
	register("net.lookup", func(in lookupQuestion) any {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(in.Millis)*time.Millisecond)
		defer cancel()
		found, err := resolverAt(in.Port).LookupIPAddr(ctx, in.Name)
		addresses := []string{}
		for _, address := range found {
			addresses = append(addresses, address.String())
		}
		return map[string]any{"addresses": addresses, "error": errText(err)}
	})
	register("net.dial", func(in dialQuestion) any {
		d := net.Dialer{Timeout: time.Duration(in.Millis) * time.Millisecond, Resolver: resolverAt(in.ResolveAt)}
		conn, err := d.Dial("tcp", net.JoinHostPort(in.Name, fmt.Sprint(in.Port)))
		if err != nil {
			return map[string]any{"winner": nil, "error": err.Error()}
		}
		defer conn.Close()
		host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		return map[string]any{"winner": host, "error": nil}
	})
	register("tls.client_hello", func(in helloQuestion) any {
		conn := &firstWrite{}
		config := &tls.Config{ServerName: in.Host, NextProtos: in.ALPN, MinVersion: in.Min, MaxVersion: in.Max}
		tls.Client(conn, config).Handshake()
		return hex.EncodeToString(conn.got.Bytes())
	})
	register("tls.answer", func(encoded string) any {
		hello, err := hex.DecodeString(encoded)
		if err != nil {
			return map[string]string{"oracle_error": err.Error()}
		}
		conn := &fixedRead{in: bytes.NewReader(hello)}
		var group tls.CurveID
		var name string
		config := &tls.Config{
			Certificates: []tls.Certificate{selfSigned()},
			NextProtos:   []string{"h2", "http/1.1"},
			GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
				name = info.ServerName
				if len(info.SupportedCurves) > 0 {
					group = info.SupportedCurves[0]
				}
				return nil, nil
			},
		}
		tls.Server(conn, config).Handshake()
		return map[string]any{"answer": hex.EncodeToString(conn.got.Bytes()), "name": name, "group": int(group)}
	})
	register("x509.verify", func(in verifyQuestion) any {
		chain, err := certificates(in.Chain)
		if err != nil {
			return map[string]string{"oracle_error": err.Error()}
		}
		trusted, err := certificates(in.Roots)
		if err != nil {
			return map[string]string{"oracle_error": err.Error()}
		}
		roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
		for _, cert := range trusted {
			roots.AddCert(cert)
		}
		for _, cert := range chain[1:] {
			intermediates.AddCert(cert)
		}
		_, err = chain[0].Verify(x509.VerifyOptions{
			DNSName: in.Host, Roots: roots, Intermediates: intermediates, CurrentTime: time.Unix(in.Unix, 0).UTC(),
		})
		return errText(err)
	})
}
