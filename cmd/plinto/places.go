package main

import (
	"fmt"
	"time"

	"plinto/internal/place"
)

// openPlaces returns what says where addresses are, or nil where nothing is configured.
func openPlaces(cfg *Config) (func(address, lang string) string, error) {
	if cfg.PlacesFile == "" {
		return nil, nil
	}
	file, err := place.Open(cfg.PlacesFile, time.Now)
	if err != nil {
		return nil, fmt.Errorf("PLINTO_PLACES_FILE: %w", err)
	}
	return file.Of, nil
}
