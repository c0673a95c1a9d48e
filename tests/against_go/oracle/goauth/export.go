// The doors to go's own package of this name, whose other files are copied beside this one when the oracle is
// built.

package auth

import "net/http"

// ParseNetrc gives each entry as machine, login and password.
func ParseNetrc(data string) [][3]string {
	entries := [][3]string{}
	for _, l := range parseNetrc(data) {
		entries = append(entries, [3]string{l.machine, l.login, l.password})
	}
	return entries
}

// ParseUserAuth gives headers by prefix.
func ParseUserAuth(data string) (map[string]http.Header, error) { return parseUserAuth(data) }

// ParseGitAuth gives prefix, user name and password.
func ParseGitAuth(data string) [3]string {
	prefix, username, password := parseGitAuth([]byte(data))
	return [3]string{prefix, username, password}
}

// Stored is what go finds for each URL when netrc has these machines, each with its number as a header.
func Stored(machines []string, urls []string) []string {
	credentialCache.Clear()
	for _, machine := range machines {
		header := http.Header{}
		if machine[0] != '-' {
			header.Set("X", machine)
		} else {
			machine = machine[1:]
		}
		storeCredential(machine, header)
	}
	found := []string{}
	for _, url := range urls {
		req := &http.Request{Header: http.Header{}}
		loadCredential(req, url)
		found = append(found, req.Header.Get("X"))
	}
	return found
}
