package blobfile_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"plinto/internal/blobfile"
	_ "plinto/internal/blobfile/s3" // as in a program with the tag s3
)

// write writes to an object and commits it.
func write(t *testing.T, at, text string) error {
	t.Helper()
	f, err := blobfile.Create(t.Context(), at)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(text)); err != nil {
		return errors.Join(err, f.Abandon())
	}
	return f.Commit()
}

// abandon writes to an object and abandons it.
func abandon(t *testing.T, at string) {
	t.Helper()
	f, err := blobfile.Create(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(strings.Repeat("half", 1<<20))); err != nil {
		t.Fatal(err)
	}
	if err := f.Abandon(); err != nil {
		t.Error(err)
	}
}

func TestFile_isWholeOrNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := "file://" + filepath.ToSlash(dir) + "/log.jsonl"
	if abandon(t, at); len(names(t, dir)) != 0 {
		t.Errorf("abandoned, there are %v", names(t, dir))
	}
	if err := write(t, at, "whole"); err != nil {
		t.Fatal(err)
	}
	if err := write(t, at, "other"); !errors.Is(err, blobfile.ErrExists) {
		t.Errorf("over another: %v, want ErrExists", err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "log.jsonl"))
	if err != nil || string(got) != "whole" || len(names(t, dir)) != 1 {
		t.Errorf("there is %q (%v) in %v", got, err, names(t, dir))
	}
	info, err := os.Stat(filepath.Join(dir, "log.jsonl"))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if err := write(t, "file://"+filepath.ToSlash(dir)+"/none/log", "x"); !errors.Is(err, blobfile.ErrNotFound) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

// Two exports to one name, both begun while nothing was there.
func TestFile_replacesNothingThatAppearedMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := "file://" + filepath.ToSlash(dir) + "/log.jsonl"
	slow, err := blobfile.Create(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(t, at, "first"); err != nil {
		t.Fatal(err)
	}
	if err := slow.Commit(); !errors.Is(err, blobfile.ErrExists) {
		t.Errorf("the second got %v, want ErrExists", err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "log.jsonl"))
	if err != nil || string(got) != "first" || len(names(t, dir)) != 1 {
		t.Errorf("there is %q (%v) in %v", got, err, names(t, dir))
	}
}

func TestReplace_isWholeOrAsBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := filepath.Join(dir, "log.jsonl")
	if _, err := blobfile.Replace(filepath.Join(dir, "none", "log")); !errors.Is(err, blobfile.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	for _, text := range []string{"first", "second", "abandoned"} {
		f, err := blobfile.Replace(at)
		if err != nil {
			t.Fatal(err)
		}
		end := f.Commit
		if text == "abandoned" {
			end = f.Abandon
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	got, err := os.ReadFile(at)
	if err != nil || string(got) != "second" || len(names(t, dir)) != 1 {
		t.Errorf("there is %q (%v) in %v", got, err, names(t, dir))
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Not parallel: credentials come from the environment.
func TestS3_isWholeOrNotThere(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	backend := s3mem.New()
	if err := backend.CreateBucket("audit"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend).Server()
	deny := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if deny {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code></Error>`))
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	at := func(bucket, name string) string {
		return "s3://" + bucket + "/" + name + "?" + url.Values{
			"endpoint": {server.URL}, "region": {"eu-central-1"}, "use_path_style": {"true"},
		}.Encode()
	}
	abandon(t, at("audit", "acme/log.jsonl"))
	if _, err := backend.HeadObject("audit", "acme/log.jsonl"); err == nil {
		t.Error("an abandoned object is there")
	}
	if err := write(t, at("audit", "acme/log.jsonl"), "whole"); err != nil {
		t.Fatal(err)
	}
	if o, err := backend.HeadObject("audit", "acme/log.jsonl"); err != nil || o.Size != 5 {
		t.Errorf("there is %+v (%v)", o, err)
	}
	if err := write(t, at("audit", "acme/log.jsonl"), "other"); !errors.Is(err, blobfile.ErrExists) {
		t.Errorf("over another: %v, want ErrExists", err)
	}
	if err := write(t, at("none", "log"), "x"); !errors.Is(err, blobfile.ErrNotFound) {
		t.Errorf("into a bucket that is not there: %v", err)
	}
	deny = true
	if err := write(t, at("audit", "other"), "x"); !errors.Is(err, blobfile.ErrDenied) {
		t.Errorf("where nobody is let in: %v", err)
	}
}

func TestCreate_refusesWhatNamesNoObject(t *testing.T) {
	t.Parallel()
	for _, at := range []string{
		"file:///", "file:///folder/", "s3://bucket", "s3://bucket/", "s3:///name", "gs://bucket/name", "https://host/name", "://", "file://%zz/", "file://folder/name", "/folder/name", "",
	} {
		if err := write(t, at, "x"); !errors.Is(err, blobfile.ErrURL) {
			t.Errorf("%s: got %v, want ErrURL", at, err)
		}
	}
}
