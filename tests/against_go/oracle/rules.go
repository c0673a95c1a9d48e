// As the go command itself, whose defaults are those of its own release.
//
//go:debug default=go1.27

package main

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// raw is a string of any bytes. JSON carries each byte as the character of the same number.
type raw string

func (s *raw) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	*s = raw(b)
	return nil
}

func (s raw) MarshalJSON() ([]byte, error) {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return json.Marshal(string(runes))
}

// failure is an error as a value: its text and the type that decides how it is wrapped.
type failure struct {
	Error raw    `json:"error"`
	Kind  string `json:"kind"`
}

func failed(err error) failure {
	kind := "GoError"
	switch err.(type) {
	case *module.InvalidPathError:
		kind = "InvalidPath"
	case *module.InvalidVersionError:
		kind = "InvalidVersion"
	case *module.ModuleError:
		kind = "ModuleError"
	}
	return failure{raw(err.Error()), kind}
}

// answer is what a rule says: a value, or the error in its place.
func answer(value any, err error) any {
	if err != nil {
		return failed(err)
	}
	return value
}

// rule registers a function of strings that is asked about many inputs at once.
func rule(name string, f func(in []string) any) {
	register("rules."+name, func(batch [][]raw) any {
		answers := make([]any, len(batch))
		for i, args := range batch {
			in := make([]string, len(args))
			for j, arg := range args {
				in[j] = string(arg)
			}
			answers[i] = f(in)
		}
		return answers
	})
}

func raws(list []string) []raw {
	out := make([]raw, len(list))
	for i, s := range list {
		out[i] = raw(s)
	}
	return out
}

func init() {
	textRules()
	semverRules()
	moduleRules()
	urlRules()
}

func textRules() {
	rule("quote", func(in []string) any { return raw(strconv.Quote(in[0])) })
	rule("fields", func(in []string) any { return raws(strings.Fields(in[0])) })
	rule("trim_space", func(in []string) any { return raw(strings.TrimSpace(in[0])) })
	rule("path_match", func(in []string) any { return answer(path.Match(in[0], in[1])) })
	rule("match_prefix_patterns", func(in []string) any { return module.MatchPrefixPatterns(in[0], in[1]) })
	rule("clean", func(in []string) any { return raw(path.Clean(in[0])) })
	rule("join", func(in []string) any { return raw(path.Join(in...)) })
	// One letter for each code point from bounds[0] up to bounds[1].
	register("rules.classes", func(bounds [2]rune) any {
		var classes strings.Builder
		for r := bounds[0]; r < bounds[1]; r++ {
			bits := 0
			for i, is := range []func(rune) bool{unicode.IsGraphic, unicode.IsLetter, unicode.IsSpace} {
				if is(r) {
					bits |= 1 << i
				}
			}
			classes.WriteByte('0' + byte(bits))
		}
		return classes.String()
	})
	register("rules.quote_rune", func(runes []rune) any {
		quoted := make([]raw, len(runes))
		for i, r := range runes {
			quoted[i] = raw(strconv.QuoteRune(r))
		}
		return quoted
	})
}

func semverRules() {
	rule("semver", func(in []string) any {
		v := in[0]
		return []any{
			semver.IsValid(v), raw(semver.Canonical(v)), raw(semver.Major(v)), raw(semver.MajorMinor(v)),
			raw(semver.Prerelease(v)), raw(semver.Build(v)), raw(module.CanonicalVersion(v)),
		}
	})
	rule("compare", func(in []string) any { return semver.Compare(in[0], in[1]) })
	rule("sort", func(in []string) any {
		semver.Sort(in)
		return raws(in)
	})
}

func moduleRules() {
	rule("check_path", func(in []string) any { return answer(nil, module.CheckPath(in[0])) })
	rule("check_import_path", func(in []string) any { return answer(nil, module.CheckImportPath(in[0])) })
	rule("check_file_path", func(in []string) any { return answer(nil, module.CheckFilePath(in[0])) })
	rule("check", func(in []string) any { return answer(nil, module.Check(in[0], in[1])) })
	rule("split_path_version", func(in []string) any {
		prefix, major, ok := module.SplitPathVersion(in[0])
		return []any{raw(prefix), raw(major), ok}
	})
	rule("check_path_major", func(in []string) any {
		return []any{
			answer(nil, module.CheckPathMajor(in[0], in[1])), module.MatchPathMajor(in[0], in[1]),
		}
	})
	for name, f := range map[string]func(string) (string, error){
		"escape_path":         module.EscapePath,
		"escape_version":      module.EscapeVersion,
		"unescape_path":       module.UnescapePath,
		"unescape_version":    module.UnescapeVersion,
		"pseudo_version_rev":  module.PseudoVersionRev,
		"pseudo_version_base": module.PseudoVersionBase,
	} {
		rule(name, func(in []string) any {
			s, err := f(in[0])
			return answer(raw(s), err)
		})
	}
	rule("is_pseudo_version", func(in []string) any { return module.IsPseudoVersion(in[0]) })
	rule("pseudo_version_time", func(in []string) any {
		t, err := module.PseudoVersionTime(in[0])
		return answer(raw(t.UTC().Format("2006-01-02T15:04:05")), err)
	})
	// Path and version of the new error, then those of the error inside; with no inner path that one is
	// about its version alone.
	rule("version_error", func(in []string) any {
		var inner error = &module.InvalidVersionError{Version: in[3], Err: strconv.ErrSyntax}
		if in[2] != "" {
			inner = module.VersionError(module.Version{Path: in[2], Version: in[3]}, inner)
		}
		return failed(module.VersionError(module.Version{Path: in[0], Version: in[1]}, inner))
	})
}

// parts takes a URL apart and puts it together again in every way that modtrace knows.
func parts(u *url.URL) any {
	var user, password any
	if u.User != nil {
		user = raw(u.User.Username())
		if p, ok := u.User.Password(); ok {
			password = raw(p)
		}
	}
	return []any{
		raw(u.Scheme), raw(u.Opaque), user, password, raw(u.Host), raw(u.Path), raw(u.RawPath),
		u.ForceQuery, raw(u.RawQuery), raw(u.Fragment), raw(u.RawFragment), u.OmitHost,
		raw(u.String()), raw(u.Redacted()), raw(u.EscapedPath()), raw(u.EscapedFragment()),
		raw(u.Hostname()), raw(u.Port()), raw(u.RequestURI()),
	}
}

func urlRules() {
	rule("parse_url", func(in []string) any {
		u, err := url.Parse(in[0])
		if err != nil {
			return failed(err)
		}
		return parts(u)
	})
	rule("resolve_reference", func(in []string) any {
		base, err := url.Parse(in[0])
		if err != nil {
			return failed(err)
		}
		u, err := base.Parse(in[1])
		if err != nil {
			return failed(err)
		}
		return parts(u)
	})
	// What a module proxy's client does with its base URL and the path of a file.
	rule("request_url", func(in []string) any {
		u, err := url.Parse(in[0])
		if err != nil {
			return failed(err)
		}
		u.Path = path.Join(u.Path, in[1])
		u.RawPath = path.Join(u.RawPath, strings.ReplaceAll(url.PathEscape(in[1]), "%2F", "/"))
		return parts(u)
	})
	rule("path_escape", func(in []string) any { return raw(url.PathEscape(in[0])) })
	rule("parse_addr", func(in []string) any {
		addr, err := netip.ParseAddr(in[0])
		if err != nil {
			return failed(err)
		}
		return []any{raw(addr.AsSlice()), raw(addr.Zone())}
	})
}
