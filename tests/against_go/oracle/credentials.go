package main

import (
	"net/url"

	auth "oracle/goauth"
)

func init() {
	register("auth.netrc", func(in []raw) any {
		all := [][][3]raw{}
		for _, data := range in {
			entries := [][3]raw{}
			for _, e := range auth.ParseNetrc(string(data)) {
				entries = append(entries, [3]raw{raw(e[0]), raw(e[1]), raw(e[2])})
			}
			all = append(all, entries)
		}
		return all
	})
	register("auth.user", func(in []raw) any {
		all := []any{}
		for _, data := range in {
			headers, err := auth.ParseUserAuth(string(data))
			if err != nil {
				all = append(all, failed(err))
				continue
			}
			found := map[raw]map[raw][]raw{}
			for prefix, header := range headers {
				found[raw(prefix)] = map[raw][]raw{}
				for name, values := range header {
					for _, value := range values {
						found[raw(prefix)][raw(name)] = append(found[raw(prefix)][raw(name)], raw(value))
					}
				}
			}
			all = append(all, listed(found))
		}
		return all
	})
	register("auth.git", func(in []raw) any {
		all := [][3]raw{}
		for _, data := range in {
			p := auth.ParseGitAuth(string(data))
			all = append(all, [3]raw{raw(p[0]), raw(p[1]), raw(p[2])})
		}
		return all
	})
	register("auth.stored", func(in [][2][]string) any {
		all := [][]string{}
		for _, one := range in {
			all = append(all, auth.Stored(one[0], one[1]))
		}
		return all
	})
	rule("parse_request_uri", func(in []string) any {
		u, err := url.ParseRequestURI(in[0])
		if err != nil {
			return failed(err)
		}
		return parts(u)
	})
}

// listed is a map as pairs: JSON's names are text, and these are bytes.
func listed(found map[raw]map[raw][]raw) [][2]any {
	all := [][2]any{}
	for prefix, header := range found {
		headers := [][2]any{}
		for name, values := range header {
			headers = append(headers, [2]any{name, values})
		}
		all = append(all, [2]any{prefix, headers})
	}
	return all
}
