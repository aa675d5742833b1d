// Package imagecrds pins the API of Flux's image controllers, whose main modules the Go proxy does not serve.
package imagecrds

import (
	_ "github.com/fluxcd/image-automation-controller/api/v1"
	_ "github.com/fluxcd/image-reflector-controller/api/v1"
)
