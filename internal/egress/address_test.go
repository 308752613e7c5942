package egress

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
)

func TestPublic_refusesEveryAddressOfOurOwn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"100.64.0.1", "100.100.100.200", "100.127.255.255", "169.254.169.254", "168.63.129.16", "192.0.0.1", "192.0.2.1",
		"192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::", "2002:a00:1::1", "2620:4f:8000::1",
		"3fff::1", "5f00::1", "fc00::1", "fd00::", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "4000::1",
	} {
		if Public(netip.MustParseAddr(text)) {
			t.Errorf("Public(%s) = true", text)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestPublic_letsTheInternetThrough(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
		"168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
		"192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "2001:200::1",
		"2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
	} {
		if !Public(netip.MustParseAddr(text)) {
			t.Errorf("Public(%s) = false", text)
		}
	}
}

// refused4 is a second opinion, made of numbers instead of prefixes.
func refused4(ip uint32) bool {
	for _, r := range [][2]uint32{
		{0x00000000, 0x00ffffff},
		{0x0a000000, 0x0affffff},
		{0x64400000, 0x647fffff},
		{0x7f000000, 0x7fffffff},
		{0xa83f8110, 0xa83f8110},
		{0xa9fe0000, 0xa9feffff},
		{0xac100000, 0xac1fffff},
		{0xc0000000, 0xc00000ff},
		{0xc0000200, 0xc00002ff},
		{0xc01fc400, 0xc01fc4ff},
		{0xc034c100, 0xc034c1ff},
		{0xc0586300, 0xc05863ff},
		{0xc0a80000, 0xc0a8ffff},
		{0xc0af3000, 0xc0af30ff},
		{0xc6120000, 0xc613ffff},
		{0xc6336400, 0xc63364ff},
		{0xcb007100, 0xcb0071ff},
		{0xe0000000, 0xffffffff},
	} {
		if ip >= r[0] && ip <= r[1] {
			return true
		}
	}
	return false
}

// embedded4 returns the IPv4 addresses that an IPv6 address may stand for.
func embedded4(b [16]byte) []uint32 {
	word := binary.BigEndian.Uint32
	switch {
	case word(b[:4]) == 0x0064ff9b, word(b[:4]) == 0 && word(b[4:8]) == 0:
		return []uint32{word(b[12:])}
	case b[0] == 0x20 && b[1] == 0x02:
		return []uint32{word(b[2:6])}
	case word(b[:4]) == 0x20010000:
		return []uint32{word(b[4:8]), ^word(b[12:])}
	}
	return nil
}

func FuzzPublic(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::1", "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "2a00::1", "1.2.3.4"} {
		a := netip.MustParseAddr(seed)
		f.Add(a.AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		public := Public(a)
		if a.Unmap().Is4() {
			b := a.Unmap().As4()
			if want := !refused4(binary.BigEndian.Uint32(b[:])); public != want {
				t.Errorf("Public(%s) = %v, by numbers %v", a, public, want)
			}
		}
		if !public {
			return
		}
		ip := net.IP(raw)
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsMulticast() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() {
			t.Errorf("Public(%s) = true, package net disagrees", a)
		}
		if a.Is6() && !a.Is4In6() {
			for _, inside := range embedded4(a.As16()) {
				t.Errorf("Public(%s) = true, but it stands for IPv4 %#x", a, inside)
			}
		}
		if zoned := a.WithZone("lo"); Public(zoned) != public {
			t.Errorf("Public(%s) differs by its zone", zoned)
		}
	})
}
