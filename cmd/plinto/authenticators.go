package main

import (
	"fmt"
	"time"

	"plinto/identity/passkey"
)

// openMetadata returns what is known of authenticators, or nil where nothing is configured.
func openMetadata(cfg *Config) (*passkey.Metadata, error) {
	if cfg.PasskeyMetadataFile == "" {
		return nil, nil
	}
	file, err := passkey.OpenMetadata(cfg.PasskeyMetadataFile, nil, time.Now)
	if err != nil {
		return nil, fmt.Errorf("PLINTO_PASSKEY_METADATA_FILE: %w", err)
	}
	return file, nil
}
