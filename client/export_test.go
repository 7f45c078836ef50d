package client

import (
	"context"
	"time"
)

// SleepWith makes c call fn where it would wait.
func (c *Client) SleepWith(fn func(context.Context, time.Duration) error) { c.again.sleep = fn }
