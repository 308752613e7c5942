// Package place says roughly where an IP address is, by a file in the format of MaxMind DB that the
// operator provides: GeoLite2 City, and what else is written in it. No service is asked.
package place

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// looksEvery is how often the file is looked at: whether it was replaced.
const looksEvery = time.Minute

// A File knows places. It is safe for concurrent use; nil knows none.
type File struct {
	path string
	now  func() time.Time

	mu     sync.RWMutex
	db     *maxminddb.Reader
	is     os.FileInfo
	looked time.Time
}

// Open opens a file. It has to be replaced by renaming another one, as geoipupdate does: it stays
// mapped into memory.
func Open(path string, now func() time.Time) (*File, error) {
	f := &File{path: path, now: now}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	is, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if f.is != nil && os.SameFile(f.is, is) {
		return nil
	}
	db, err := maxminddb.Open(f.path)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.path, err)
	}
	f.db, f.is = db, is // the one before is unmapped once nobody reads it
	return nil
}

// reader returns the file as it is now. One that cannot be read leaves the one before.
func (f *File) reader() *maxminddb.Reader {
	f.mu.RLock()
	db, fresh := f.db, f.now().Sub(f.looked) < looksEvery
	f.mu.RUnlock()
	if fresh {
		return db
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Sub(f.looked) >= looksEvery {
		f.looked = f.now()
		if err := f.open(); err != nil {
			slog.Warn("the file that says where addresses are cannot be read again: the one before is used", "error", err.Error())
		}
	}
	return f.db
}

type names struct {
	Names map[string]string `maxminddb:"names"`
}

// in is the name in a language (BCP 47), else the English one.
func (n *names) in(lang string) string {
	if name := n.Names[lang]; name != "" {
		return name
	}
	return n.Names["en"]
}

type record struct {
	City    names `maxminddb:"city"`
	Country names `maxminddb:"country"`
}

// Of returns where an address is, as "Berlin, Germany", the country alone where no more is known, or
// "" for an address that the file does not know. lang is the language of the reader.
func (f *File) Of(address, lang string) string {
	if f == nil {
		return ""
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	var found record
	if err := f.reader().Lookup(ip.Unmap()).Decode(&found); err != nil {
		return ""
	}
	city, country := found.City.in(lang), found.Country.in(lang)
	if city == "" || country == "" {
		return city + country
	}
	return city + ", " + country
}
