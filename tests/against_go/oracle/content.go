package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// RevInfo and Origin have the exported fields of modfetch.RevInfo and codehost.Origin, in their order.
type RevInfo struct {
	Version string
	Time    time.Time
	Name    string  `json:"-"`
	Short   string  `json:"-"`
	Origin  *Origin `json:",omitempty"`
}

type Origin struct {
	VCS       string `json:",omitempty"`
	URL       string `json:",omitempty"`
	Subdir    string `json:",omitempty"`
	Hash      string `json:",omitempty"`
	TagPrefix string `json:",omitempty"`
	TagSum    string `json:",omitempty"`
	Ref       string `json:",omitempty"`
	RepoSum   string `json:",omitempty"`
}

// revInfo decodes an .info body; type names in errors are those of the real structs.
func revInfo(body []byte) any {
	var info RevInfo
	if err := json.Unmarshal(body, &info); err != nil {
		text := err.Error()
		for ours, real := range map[string]string{"main.RevInfo": "modfetch.RevInfo", "main.Origin": "codehost.Origin"} {
			if head, ok := strings.CutSuffix(text, " of type "+ours); ok {
				text = head + " of type " + real
			}
		}
		return map[string]any{"error": []byte(text)}
	}
	return map[string]any{"version": []byte(info.Version), "time": info.Time.UTC(), "origin": info.Origin}
}

type zipCase struct {
	Path, Version string
	Zip           []byte
}

// zipVerdicts says what cmd/go's three looks at a zip file give: names before hashing, the hash, extraction.
func zipVerdicts(c zipCase) any {
	work, err := os.MkdirTemp("", "oracle-zip-")
	if err != nil {
		return map[string]any{"oracle_error": err.Error()}
	}
	defer os.RemoveAll(work)
	file := filepath.Join(work, "m.zip")
	if err := os.WriteFile(file, c.Zip, 0o666); err != nil {
		return map[string]any{"oracle_error": err.Error()}
	}
	text := func(err error) any {
		if err == nil {
			return nil
		}
		return []byte(strings.ReplaceAll(err.Error(), file, "ZIP"))
	}
	answer := map[string]any{}
	answer["download"] = text(namesCheck(file, c))
	sum, err := dirhash.HashZip(file, dirhash.Hash1)
	answer["sum"], answer["sum_error"] = sum, text(err)
	dir := filepath.Join(work, "dir")
	answer["unzip"] = text(modzip.Unzip(dir, module.Version{Path: c.Path, Version: c.Version}, file))
	if answer["unzip"] == nil {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
			answer["go_mod"] = data
		}
	}
	return answer
}

func namesCheck(file string, c zipCase) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer z.Close()
	prefix := c.Path + "@" + c.Version + "/"
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, prefix) {
			return fmt.Errorf("zip for %s has unexpected file %s", strings.TrimSuffix(prefix, "/"), f.Name)
		}
	}
	return nil
}

func goModFile(data []byte) any {
	f, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return map[string]any{"error": []byte(err.Error())}
	}
	answer := map[string]any{}
	if f.Module != nil {
		answer["module"], answer["deprecated"] = []byte(f.Module.Mod.Path), []byte(f.Module.Deprecated)
	}
	if f.Go != nil {
		answer["go"] = []byte(f.Go.Version)
	}
	if f.Toolchain != nil {
		answer["toolchain"] = f.Toolchain.Name
	}
	var require, retract, ignore [][]any
	for _, r := range f.Require {
		require = append(require, []any{[]byte(r.Mod.Path), []byte(r.Mod.Version), r.Indirect})
	}
	for _, r := range f.Retract {
		retract = append(retract, []any{[]byte(r.Low), []byte(r.High), []byte(r.Rationale)})
	}
	for _, i := range f.Ignore {
		ignore = append(ignore, []any{[]byte(i.Path)})
	}
	answer["require"], answer["retract"], answer["ignore"] = require, retract, ignore
	return answer
}

func each[In any](f func(In) any) func([]In) any {
	return func(in []In) any {
		out := make([]any, len(in))
		for i, c := range in {
			out[i] = f(c)
		}
		return out
	}
}

func init() {
	register("content.rev_info", each(revInfo))
	register("content.zip", each(zipVerdicts))
	register("content.go_mod", each(goModFile))
	register("content.go_versions", each(func(pair [2]string) any {
		x, y := "go"+pair[0], "go"+pair[1]
		return []any{version.Compare(x, y), version.IsValid(x), strings.TrimPrefix(version.Lang(x), "go")}
	}))
	// For each character, the least one that it folds to, where that is another one.
	register("content.folds", func(struct{}) any {
		least := map[rune]rune{}
		for r := rune(0); r <= unicode.MaxRune; r++ {
			low := r
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				low = min(low, f)
			}
			if low != r {
				least[r] = low
			}
		}
		return least
	})
}
