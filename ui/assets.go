package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"

	"plinto/internal/web"
)

//go:embed assets
var files embed.FS

// AssetPrefix is the path below an issuer under which styles are served.
const AssetPrefix = "/assets/"

// assets maps a name with its content hash to the answer. A changed file has
// another name, so browsers may keep what they have for ever.
var assets, names = loadAssets()

func loadAssets() (map[string]*web.Static, map[string]string) {
	byHash, byName := map[string]*web.Static{}, map[string]string{}
	entries, err := files.ReadDir("assets")
	if err != nil {
		panic(err) // embedded at build
	}
	for _, e := range entries {
		body, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(err) // embedded at build
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		byHash[hashed] = web.NewStatic(mime.TypeByExtension(ext), "public, max-age=31536000, immutable", body)
		byName[e.Name()] = hashed
	}
	return byHash, byName
}

// asset returns the path of a file under the page's issuer.
func asset(p Page, name string) string { return p.Base + AssetPrefix + names[name] }

// AssetBody returns a file by its name with the hash, which nobody may change, or nil.
func AssetBody(name string) []byte {
	if a, ok := assets[name]; ok {
		return a.Body()
	}
	return nil
}

// Assets serves the styles.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := assets[path.Base(r.URL.Path)]; ok {
			a.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	})
}
