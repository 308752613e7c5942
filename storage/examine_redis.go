package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"plinto/internal/secret"
	"plinto/storage/schema"
)

// oldestRedis is the oldest release that is supported: major and minor.
const oldestRedis = 6*100 + 2

// ExamineRedis says what of the settings of Redis will make trouble, where CheckRedis found none yet. A Redis whose user may not ask
// for them, as many that are managed, is said nothing of.
func ExamineRedis(ctx context.Context, url secret.String) (all []schema.Finding) {
	v, err := openVolatile(url.Reveal(), redisCheckWait, nil)
	if err != nil || v == nil {
		return nil
	}
	defer func() { _ = v.client.Close() }()
	told := map[string]string{}
	for _, section := range []string{"server", "memory"} {
		err := v.do(ctx, func(ctx context.Context, c redisClient) error {
			text, err := c.Info(ctx, section).Result()
			for line := range strings.Lines(text) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
				told[name] = value
			}
			return err
		})
		if err != nil {
			return nil
		}
	}
	if version := told["redis_version"]; version != "" && !newEnough(version) {
		all = append(all, schema.Fatal("the server is Redis "+version, fmt.Sprintf("use Redis %d.%d or newer", oldestRedis/100, oldestRedis%100)))
	}
	if limit, err := strconv.ParseInt(told["maxmemory"], 10, 64); err == nil && limit > 0 && told["maxmemory_policy"] == "noeviction" {
		all = append(all, schema.Finding{
			Cause:  fmt.Sprintf("Redis takes nothing more once it has %d MiB (maxmemory-policy noeviction)", limit>>20),
			Remedy: "set maxmemory-policy allkeys-lru: what Plinto keeps there may be thrown out",
		})
	}
	return all
}

// newEnough compares "7.0.15" with oldestRedis. What is no version is taken for new.
func newEnough(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return true
	}
	major, err := strconv.Atoi(parts[0])
	minor, failed := strconv.Atoi(parts[1])
	return err != nil || failed != nil || major*100+minor >= oldestRedis
}
