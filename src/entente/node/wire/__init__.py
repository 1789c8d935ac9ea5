"""The wire: how two nodes meet over HTTPS. The bytes are those of a bundle; see docs/sync.md and ADR 10.

`certificate` and `pinning` are TLS 1.3 with pinned keys, `gate` lets in who is paired, `api` is what can be asked,
`server` runs it, `client` asks a peer, `syncing` goes on until nothing is left.
"""
