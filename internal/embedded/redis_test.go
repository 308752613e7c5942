package embedded

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRedis_letsKeysExpire(t *testing.T) {
	t.Parallel()
	url, stop, err := StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Set(t.Context(), "key", "value", 50*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); client.Exists(t.Context(), "key").Val() != 0; {
		if time.Now().After(deadline) {
			t.Fatal("a key of 50 ms is still there after 5 s")
		}
	}
}

func TestRedis_wantsItsPassword(t *testing.T) {
	t.Parallel()
	url, stop, err := StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.Password = ""
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("answered without a password")
	}
}
