//go:build never

// The programs are compiled from their own modules by their paths (scripts/builder-programs). This file keeps their
// versions and checksums in go.mod and go.sum.
package main

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
)
