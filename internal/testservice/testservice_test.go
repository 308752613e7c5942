package testservice_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"plinto/internal/testservice"
)

var migrations atomic.Int32

var notes = testservice.Template{
	Name: "testservicenotes",
	Migrate: func(ctx context.Context, adminURL string) error {
		migrations.Add(1)
		conn, err := pgx.Connect(ctx, adminURL)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE notes (body text)")
		return err
	},
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func count(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDatabase_isMigratedAndTheTestsOwn(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("clone", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, testservice.Database(t, notes))
			if _, err := conn.Exec(t.Context(), "INSERT INTO notes VALUES ('mine')"); err != nil {
				t.Fatal(err)
			}
			if got := count(t, conn); got != 1 {
				t.Errorf("got %d notes, want 1: another test's rows are visible", got)
			}
			if got := migrations.Load(); got > 1 {
				t.Errorf("template was migrated %d times, want at most once", got)
			}
		})
	}
}

func TestDatabase_isGoneAfterItsTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("test", func(t *testing.T) {
		url = testservice.Database(t, notes)
		if _, err := pgx.Connect(t.Context(), url); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Error("database outlived its test")
	}
}

func TestRedis_givesEachTestItsOwnDatabase(t *testing.T) {
	t.Parallel()
	open := func() *redis.Client {
		options, err := redis.ParseURL(testservice.Redis(t))
		if err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	one, two := open(), open()
	if err := one.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := two.Exists(t.Context(), "key").Val(); got != 0 {
		t.Error("a key of one database is visible in another")
	}
}

func TestNewPostgres_keepsItsDataOverACrash(t *testing.T) {
	t.Parallel()
	server := testservice.NewPostgres(t)
	conn := connect(t, server.URL())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE notes (body text); INSERT INTO notes VALUES ('kept')"); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("connection survived the end of its server")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if got := count(t, connect(t, server.URL())); got != 1 {
		t.Errorf("got %d notes after a restart, want 1", got)
	}
}

func TestNewRedis_stopsAndStartsAgain(t *testing.T) {
	t.Parallel()
	server := testservice.NewRedis(t)
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries, options.DialerRetries = -1, 1
	client := redis.NewClient(options)
	defer client.Close()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a stopped server answers")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("ping after restart: %v", err)
	}
}
