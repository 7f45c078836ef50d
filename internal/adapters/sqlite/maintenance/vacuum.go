package maintenance

import "strconv"

// VacuumPages is how many pages one step gives back to the file system, and vacuumFrom how
// many must be free for it to begin: fewer are kept for the next inserts.
const (
	VacuumPages = 32
	vacuumFrom  = 32
)

// Vacuum returns the task that gives free pages back to the file system, and the one that
// counts them and wants the other if there are enough.
func Vacuum() (vacuum, count *Task) {
	vacuum = &Task{Step: giveBack}
	count = &Task{Step: func(w *Work) (more bool, err error) {
		free, _, err := w.Conn.Integer("PRAGMA freelist_count")
		vacuum.wanted = err == nil && free >= vacuumFrom
		return false, err
	}}
	return vacuum, count
}

func giveBack(w *Work) (more bool, err error) {
	err = w.Conn.Query("PRAGMA incremental_vacuum("+strconv.Itoa(VacuumPages)+")", nil)
	if err != nil {
		return false, err
	}
	w.Committed()
	free, _, err := w.Conn.Integer("PRAGMA freelist_count")
	return free > 0, err
}
