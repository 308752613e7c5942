package testservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Sentinels are a Redis with a replica, and three Sentinels that promote it when the first is gone.
type Sentinels struct {
	Primary, Replica *RedisServer
	password         string // of the Sentinels
	all              []*RedisServer
}

// primaryName is what the Sentinels call the primary.
const primaryName = "plinto"

// NewSentinels starts Redis with Sentinels, and returns when they know of each other.
func NewSentinels(t testing.TB) *Sentinels {
	t.Helper()
	password := rand.Text()
	s := &Sentinels{password: rand.Text()}
	s.Primary = newRedis(t, redisOptions{password: password, lines: []string{"masterauth " + password}})
	s.Replica = newRedis(t, redisOptions{password: password, lines: []string{
		"masterauth " + password, fmt.Sprintf("replicaof 127.0.0.1 %d", s.Primary.port),
	}})
	for range 3 {
		s.all = append(s.all, newRedis(t, redisOptions{password: s.password, sentinel: true, lines: []string{
			"sentinel sentinel-pass " + s.password,
			fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2", primaryName, s.Primary.port),
			"sentinel auth-pass " + primaryName + " " + password,
			"sentinel down-after-milliseconds " + primaryName + " 500",
			"sentinel failover-timeout " + primaryName + " 3000",
		}}))
	}
	for _, one := range s.all {
		wait(t, one, func() error { return s.known(one) })
	}
	return s
}

// known reports whether a Sentinel has found the others and the replica.
func (s *Sentinels) known(one *RedisServer) error {
	conn := redis.NewSentinelClient(&redis.Options{Addr: one.Address(), Password: s.password})
	defer func() { _ = conn.Close() }()
	said, err := conn.Master(context.Background(), primaryName).Result()
	if err != nil {
		return err
	}
	if said["num-other-sentinels"] != "2" || said["num-slaves"] != "1" || said["flags"] != "master" {
		return fmt.Errorf("it knows %s Sentinels and %s replicas, flags %s", said["num-other-sentinels"], said["num-slaves"], said["flags"])
	}
	return nil
}

// URL names the primary by the Sentinels.
func (s *Sentinels) URL() string {
	hosts := make([]string, len(s.all))
	for i, one := range s.all {
		hosts[i] = one.Address()
	}
	return fmt.Sprintf("redis-sentinel://:%s@%s/0?master=%s&sentinel_password=%s", s.Primary.password, strings.Join(hosts, ","), primaryName, s.password)
}

// StopSentinel ends one of the Sentinels.
func (s *Sentinels) StopSentinel(i int) error { return s.all[i].Stop() }

// A RedisCluster has three nodes with a third of the keys each, and a replica of each of them.
type RedisCluster struct{ Nodes, Replicas []*RedisServer }

// clusterSlots is how many slots share the keys of a cluster.
const clusterSlots = 16384

// NewRedisCluster starts a cluster, and returns when all of it works.
func NewRedisCluster(t testing.TB) *RedisCluster {
	t.Helper()
	c, password := &RedisCluster{}, rand.Text()
	for range 6 {
		bus, err := freePort()
		check(t, err)
		c.Nodes = append(c.Nodes, newRedis(t, redisOptions{password: password, databases: 1, lines: []string{
			"masterauth " + password, "cluster-enabled yes", fmt.Sprintf("cluster-port %d", bus), "cluster-node-timeout 1000",
			"cluster-replica-validity-factor 0", "cluster-config-file nodes.conf",
		}, bus: bus}))
	}
	c.Nodes, c.Replicas = c.Nodes[:3], c.Nodes[3:]
	ctx := context.Background()
	for i, one := range c.nodes() {
		at := one.client()
		defer at.Close()
		check(t, at.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		if i < 3 {
			check(t, at.ClusterAddSlotsRange(ctx, i*clusterSlots/3, (i+1)*clusterSlots/3-1).Err())
		}
		if i > 0 {
			check(t, at.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", c.Nodes[0].port, c.Nodes[0].bus).Err())
		}
	}
	for i, one := range c.Replicas {
		of, at := c.Nodes[i].client(), one.client()
		defer of.Close()
		defer at.Close()
		id, err := of.ClusterMyID(ctx).Result()
		check(t, err)
		wait(t, one, func() error { return at.ClusterReplicate(ctx, id).Err() }) // it has to hear of the node first
	}
	for _, one := range c.nodes() {
		wait(t, one, one.clusterWorks)
	}
	return c
}

func (c *RedisCluster) nodes() []*RedisServer {
	return append(c.Nodes[:3:3], c.Replicas...)
}

// clusterWorks reports whether a node sees a cluster of six whose replicas follow.
func (s *RedisServer) clusterWorks() error {
	at := s.client()
	defer at.Close()
	ctx := context.Background()
	info, err := at.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:6") {
		return errors.New("the cluster is not whole")
	}
	nodes, err := at.ClusterNodes(ctx).Result()
	if err != nil {
		return err
	}
	if strings.Count(nodes, "slave ") != 3 || strings.Contains(nodes, "handshake") || strings.Contains(nodes, "disconnected") {
		return errors.New("not every node is known: " + nodes)
	}
	role, err := at.Info(ctx, "replication").Result()
	if err == nil && strings.Contains(role, "role:slave") && !strings.Contains(role, "master_link_status:up") {
		err = errors.New("the replica does not follow yet")
	}
	return err
}

// URL names some of the nodes.
func (c *RedisCluster) URL() string {
	return fmt.Sprintf("redis-cluster://:%s@%s,%s", c.Nodes[0].password, c.Nodes[0].Address(), c.Nodes[1].Address())
}

// Owner returns the place among Nodes of the one that has a key.
func (c *RedisCluster) Owner(t testing.TB, key string) int {
	t.Helper()
	at := c.Replicas[0].client()
	defer at.Close()
	slot, err := at.ClusterKeySlot(context.Background(), key).Result()
	check(t, err)
	for i := range c.Nodes {
		if int(slot) < (i+1)*clusterSlots/3 {
			return i
		}
	}
	t.Fatalf("slot %d of %q is nobody's", slot, key)
	return 0
}

// Address is where the server listens, as "host:port".
func (s *RedisServer) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func (s *RedisServer) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Address(), Password: s.password, MaxRetries: -1})
}

// wait waits until a server is as it should be.
func wait(t testing.TB, s *RedisServer, ready func() error) {
	t.Helper()
	if err := s.waitUntil(ready); err != nil {
		t.Fatal(err)
	}
}
