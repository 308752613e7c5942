(function () {
	"use strict";
	var name = document.body.getAttribute("data-cookie") + "=";

	function state() {
		var all = document.cookie.split("; ");
		for (var i = 0; i < all.length; i += 1) {
			if (all[i].indexOf(name) === 0) { return all[i].substring(name.length); }
		}
		return "";
	}

	// The constants of SHA-256 (FIPS 180-4): fractional parts of the cube and square
	// roots of the first primes.
	var K = [], H = [];
	(function () {
		var n = 2;
		function part(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
		function prime(c) {
			for (var d = 2; d * d <= c; d += 1) { if (c % d === 0) { return false; } }
			return true;
		}
		for (; K.length < 64; n += 1) {
			if (prime(n)) {
				if (H.length < 8) { H.push(part(Math.pow(n, 1 / 2))); }
				K.push(part(Math.pow(n, 1 / 3)));
			}
		}
	})();

	function turn(x, n) { return (x >>> n) | (x << (32 - n)); }

	function block(h, w) {
		var a = h.slice(0), i, s, t, u;
		for (i = 16; i < 64; i += 1) {
			s = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
			t = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
			w[i] = (w[i - 16] + s + w[i - 7] + t) | 0;
		}
		for (i = 0; i < 64; i += 1) {
			s = turn(a[4], 6) ^ turn(a[4], 11) ^ turn(a[4], 25);
			t = (a[7] + s + ((a[4] & a[5]) ^ (~a[4] & a[6])) + K[i] + w[i]) | 0;
			s = turn(a[0], 2) ^ turn(a[0], 13) ^ turn(a[0], 22);
			u = (s + ((a[0] & a[1]) ^ (a[0] & a[2]) ^ (a[1] & a[2]))) | 0;
			a = [(t + u) | 0, a[0], a[1], a[2], (a[3] + t) | 0, a[4], a[5], a[6]];
		}
		for (i = 0; i < 8; i += 1) { h[i] = (h[i] + a[i]) | 0; }
	}

	// sha256 returns the hash of a text's UTF-8 in base64url without padding.
	function sha256(text) {
		var bytes = unescape(encodeURIComponent(text)), h = H.slice(0), w = [], i, at;
		var length = ((bytes.length + 8 >> 6) + 1) * 16;
		for (i = 0; i < length; i += 1) { w[i] = 0; }
		for (i = 0; i < bytes.length; i += 1) { w[i >> 2] |= bytes.charCodeAt(i) << (24 - (i % 4) * 8); }
		w[i >> 2] |= 0x80 << (24 - (i % 4) * 8);
		w[length - 1] = bytes.length * 8;
		for (at = 0; at < length; at += 16) { block(h, w.slice(at, at + 16)); }
		var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", out = "", bit, value;
		for (bit = 0; bit < 256; bit += 6) {
			value = 0;
			for (i = bit; i < bit + 6; i += 1) {
				value = value * 2 + (i < 256 ? (h[i >> 5] >>> (31 - (i % 32))) & 1 : 0);
			}
			out += alphabet.charAt(value);
		}
		return out;
	}

	function judge(data, origin) {
		if (typeof data !== "string" || data.length > 4096) { return "error"; }
		var space = data.lastIndexOf(" "), dot = data.lastIndexOf(".");
		if (space < 1 || dot < space + 2 || dot === data.length - 1) { return "error"; }
		var salt = data.substring(dot + 1);
		var now = sha256(data.substring(0, space) + " " + origin + " " + state() + " " + salt) + "." + salt;
		return now === data.substring(space + 1) ? "unchanged" : "changed";
	}

	window.addEventListener("message", function (e) {
		if (!e.source || !e.origin || e.origin === "null") { return; }
		var word;
		try { word = judge(e.data, e.origin); } catch (ignored) { word = "error"; }
		e.source.postMessage(word, e.origin);
	}, false);
})();
