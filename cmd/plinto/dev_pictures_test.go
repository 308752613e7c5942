package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

var pictures = flag.String("pictures", "", "directory into which the pictures of the README are drawn (make readme-pictures)")

// heaviestPicture is what a picture of the README may have, in bytes: whoever looks at it in passing loads four.
const heaviestPicture = 80_000

// make readme-pictures: the sign-in page and the playground of plinto dev as the README shows them, light and dark. It listens where
// plinto dev does unless told otherwise, because addresses are in the pictures.
func TestReadmePictures(t *testing.T) {
	t.Parallel()
	if *pictures == "" {
		t.Skip("only with -pictures (make readme-pictures does it)")
	}
	d := startDev(t, devData(t), "--listen", "127.0.0.1:8080")
	ctx := chromium.Start(t, 4*time.Minute)
	draw := func(name string, width, height int64, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		// The window is set first: making it smaller scrolls.
		if err := chromedp.Do(ctx, append([]chromedp.Action[chromedp.Void]{drawn("light", width, height)}, steps...)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](`window.scrollTo(0, 0); ""`)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for end, scheme := range map[string]string{".webp": "light", "-dark.webp": "dark"} {
			if err := chromedp.Do(ctx, drawn(scheme, width, height)); err != nil {
				t.Fatal(err)
			}
			picture, err := chromedp.Run(ctx, chromedp.Action[[]byte](asWebP))
			if err != nil || len(picture) > heaviestPicture {
				t.Fatalf("%s: %d bytes, want at most %d: %v", name+end, len(picture), heaviestPicture, err)
			}
			if err := os.WriteFile(filepath.Join(*pictures, name+end), picture, 0o644); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s has %d bytes", name+end, len(picture))
		}
	}
	draw("sign-in", 1000, 889, chromedp.Navigate(d.base+playgroundPath), chromedp.Click("#start"), chromedp.WaitVisible("#password"))
	draw("playground", 1000, 889,
		chromedp.SetValue("#username", demoUser), chromedp.SetValue("#password", demoPassword), chromedp.Click("#submit"),
		chromedp.WaitVisible("#allow"), chromedp.Click("#allow"), chromedp.WaitVisible("#outcome"))
}

// drawn has the browser's window be of a size, in a theme, as screens with small pixels show it.
func drawn(scheme string, width, height int64) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1.5})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// asWebP is what the window shows.
func asWebP(ctx context.Context, target *chromedp.Target) ([]byte, error) {
	quality := int64(60)
	shot, err := cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
	if err != nil {
		return nil, err
	}
	return shot.Data, nil
}
