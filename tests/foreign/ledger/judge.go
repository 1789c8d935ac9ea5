// A foreign judge of the ledger: Go's sumdb/note and sumdb/tlog read what Entente wrote.
//
// Standard input has one JSON object a line, standard output one answer a line: for each question "" or the reason
// of a refusal. The tile question lets Go compute root and proof from the tiles on disk.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type task struct {
	Key, Note   string
	Cosigners   []string
	Index       int64
	Entry       []byte
	Path        [][]byte
	First       int64
	FirstRoot   []byte
	Consistency [][]byte
	Tiles       string
}

type answer struct {
	Note, Inclusion, Consistency, Tiles string
	Signers                             []string
}

// cosigner verifies cosignature/v1, which sumdb/note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), text...), sig[8:])
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 33 || raw[0] != 4 {
		panic("not a key of a cosigner")
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	return cosigner{parts[0], binary.BigEndian.Uint32(id[:4]), ed25519.PublicKey(raw[1:])}
}

type tileReader struct{ folder string }

func (r tileReader) Height() int                            { return 8 }
func (r tileReader) SaveTiles(t []tlog.Tile, data [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(r.folder, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func hash(raw []byte) (h tlog.Hash) {
	if len(raw) != tlog.HashSize {
		panic("not a hash")
	}
	copy(h[:], raw)
	return h
}

func hashes(raw [][]byte) (all []tlog.Hash) {
	for _, one := range raw {
		all = append(all, hash(one))
	}
	return all
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func judge(t task) (a answer) {
	log, err := note.NewVerifier(t.Key)
	if err != nil {
		return answer{Note: reason(err)}
	}
	known := []note.Verifier{log}
	for _, vkey := range t.Cosigners {
		known = append(known, newCosigner(vkey))
	}
	opened, err := note.Open([]byte(t.Note), note.VerifierList(known...))
	if err != nil {
		return answer{Note: reason(err)}
	}
	for _, sig := range opened.Sigs {
		a.Signers = append(a.Signers, sig.Name)
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	if err != nil || err2 != nil || lines[0] != log.Name() {
		return answer{Note: "not a checkpoint of the log"}
	}
	a.Inclusion = reason(tlog.CheckRecord(hashes(t.Path), size, root, t.Index, tlog.RecordHash(t.Entry)))
	if t.First > 0 {
		a.Consistency = reason(tlog.CheckTree(hashes(t.Consistency), size, root, t.First, hash(t.FirstRoot)))
	}
	if t.Tiles != "" {
		a.Tiles = reason(fromTiles(t, size, root))
	}
	return a
}

func fromTiles(t task, size int64, root tlog.Hash) error {
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileReader{t.Tiles})
	path, err := tlog.ProveRecord(size, t.Index, reader)
	if err != nil {
		return err
	}
	if fmt.Sprint(path) != fmt.Sprint(tlog.RecordProof(hashes(t.Path))) {
		return fmt.Errorf("another inclusion proof follows from the tiles")
	}
	if t.First == 0 {
		return nil
	}
	growth, err := tlog.ProveTree(size, t.First, reader)
	if err != nil {
		return err
	}
	if fmt.Sprint(growth) != fmt.Sprint(tlog.TreeProof(hashes(t.Consistency))) {
		return fmt.Errorf("another consistency proof follows from the tiles")
	}
	return nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var t task
		if err := json.Unmarshal(in.Bytes(), &t); err != nil {
			panic(err)
		}
		if err := out.Encode(judge(t)); err != nil {
			panic(err)
		}
	}
}
