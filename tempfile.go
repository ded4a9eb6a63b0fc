package lockstep

// Temporary files, of which nothing remains whatever becomes of the process.

import "os"

// A scratchFile is a temporary file. Where the system allows it its name is removed as soon as it is open, so that its room is given back
// even when the process is killed.
type scratchFile struct {
	*os.File
	named bool // the name could not be removed while the file is open
}

// newScratchFile makes one in dir, or in the system's directory for temporary files.
func newScratchFile(dir, pattern string) (*scratchFile, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &scratchFile{f, os.Remove(f.Name()) != nil}, nil
}

// drop gives back the file. It may be in use; who uses it gets an error.
func (f *scratchFile) drop() {
	f.Close()
	if f.named {
		_ = os.Remove(f.Name())
	}
}
