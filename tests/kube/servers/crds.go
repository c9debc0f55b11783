//go:build never

// The Gateway API's resource definitions are files in its module: this keeps its version and its
// checksum in go.mod and go.sum, and nothing of it is compiled.
package main

import _ "sigs.k8s.io/gateway-api/apis/v1"
