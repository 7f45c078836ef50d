package usecasetest

import (
	"slices"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/collection"
)

func testCollections(_ *testing.T, b *bench) {
	if b.NoCollections {
		return
	}
	names := b.Collections()
	space := collection.Space{Tenant: "tenant " + b.name(), Database: "space"}
	_, err := names.Spaces(b.Context(), space.Tenant)
	b.is("Spaces of a tenant that is not there", err, domain.ErrNotFound)
	if err := names.CreateTenant(b.Context(), space.Tenant); err != nil {
		b.Fatal(err)
	}
	b.is("CreateTenant again", names.CreateTenant(b.Context(), space.Tenant), domain.ErrConflict)
	in := collections.New{Name: collection.Name{Space: space, Name: "my docs / ä"}, Surface: collection.Chroma, Keys: collection.RawKeys, Config: `{"a":1}`, Settings: domain.Settings{Metric: domain.L2}}
	_, _, err = names.Create(b.Context(), in)
	b.is("Create in a space that is not there", err, domain.ErrNotFound)
	if err := names.CreateSpace(b.Context(), space); err != nil {
		b.Fatal(err)
	}
	col, created, err := names.Create(b.Context(), in)
	if err != nil || !created || col.Name != in.Name.Name || col.Config != in.Config || col.ID == "" || col.UUID == (collection.UUID{}) {
		b.Fatalf("Create = %+v, %v, %v", col, created, err)
	}
	if again, created, err := names.Create(b.Context(), in); err != nil || created || again != col {
		b.Errorf("Create again = %+v, %v, %v; want the one that is there", again, created, err)
	}
	for what, find := range map[string]func() (collection.Collection, error){
		"name": func() (collection.Collection, error) { return names.Find(b.Context(), in.Name) },
		"UUID": func() (collection.Collection, error) { return names.FindUUID(b.Context(), col.UUID) },
		"id":   func() (collection.Collection, error) { return names.FindID(b.Context(), col.ID) },
	} {
		if got, err := find(); err != nil || got != col {
			b.Errorf("the collection by its %s = %+v, %v; want %+v", what, got, err, col)
		}
	}
	b.insert(col.ID, domain.Chunk{Text: "in it", Embedding: []float32{1, 0}})
	renamed := "renamed"
	changed, err := names.Update(b.Context(), col, collections.Update{Name: &renamed, Config: func(string) (string, error) { return `{"b":2}`, nil }})
	if err != nil || changed.Name != renamed || changed.UUID != col.UUID || changed.ID != col.ID || changed.Config != `{"b":2}` {
		b.Errorf("Update = %+v, %v", changed, err)
	}
	list, err := names.List(b.Context(), collections.List{Space: space})
	if err != nil || len(list) != 1 || list[0].Collection != changed || list[0].State.Dims != 2 {
		b.Errorf("List = %+v, %v", list, err)
	}
	if err := names.DropSpace(b.Context(), space, nil); err != nil {
		b.Errorf("DropSpace = %v", err)
	}
	_, err = b.Database(b.Context(), col.ID)
	b.is("Database of a collection that was dropped", err, domain.ErrNotFound)
	_, err = names.Find(b.Context(), collection.Name{Space: space, Name: renamed})
	b.is("Find of a collection that was dropped", err, domain.ErrNotFound)
}

func testAliases(_ *testing.T, b *bench) {
	if b.NoCollections {
		return
	}
	old, next, alias := b.name(), b.name(), b.name()
	b.insert(old, domain.Chunk{Text: "old", Embedding: []float32{1, 0}})
	b.insert(next, domain.Chunk{Text: "next", Embedding: []float32{1, 0}})
	do := func(actions ...collection.AliasAction) error { return b.ChangeAliases(b.Context(), actions, nil) }
	read := func() string {
		list, err := b.pages(app.List{Database: alias, Limit: 5, Fields: domain.FieldText})
		if err != nil || len(list) != 1 {
			return "nothing"
		}
		return list[0].Text
	}
	if err := do(collection.AliasAction{Do: collection.CreateAlias, Alias: alias, Database: old}); err != nil {
		b.Fatal(err)
	}
	if got := read(); got != "old" {
		b.Errorf("the alias leads to %s; want old", got)
	}
	b.is("an alias for what is not there", do(collection.AliasAction{Do: collection.CreateAlias, Alias: alias, Database: next}, collection.AliasAction{Do: collection.CreateAlias, Alias: alias + "-x", Database: "none-" + alias}), domain.ErrNotFound)
	if got := read(); got != "old" {
		b.Errorf("after a change that failed the alias leads to %s; want old", got)
	}
	b.is("an alias with the name of a database", do(collection.AliasAction{Do: collection.CreateAlias, Alias: next, Database: old}), domain.ErrConflict)
	if err := do(collection.AliasAction{Do: collection.CreateAlias, Alias: alias, Database: next}); err != nil {
		b.Fatal(err)
	}
	if got := read(); got != "next" {
		b.Errorf("the alias leads to %s; want next", got)
	}
	if info, err := b.Database(b.Context(), alias); err != nil || info.ID != next {
		b.Errorf("Database by its alias = %+v, %v", info.Database, err)
	}
	all, err := b.Aliases(b.Context())
	if err != nil || !slices.ContainsFunc(all, func(a collection.Alias) bool { return a.Alias == alias && a.ID == next }) {
		b.Errorf("Aliases = %+v, %v", all, err)
	}
	_, _, err = b.Create(b.Context(), alias, domain.Settings{})
	b.is("Create with the name of an alias", err, domain.ErrConflict)
	if _, err := b.Drop(b.Context(), next); err != nil {
		b.Fatal(err)
	}
	if _, err := b.Database(b.Context(), alias); err == nil {
		b.Errorf("an alias is left of a database that was dropped")
	}
}

func testOperations(_ *testing.T, b *bench) {
	if conditions, err := b.Conditions(); err != nil {
		b.Errorf("Conditions = %v, %v", conditions, err)
	}
	if problems := b.Problems(); len(problems) > 0 {
		b.Errorf("Problems = %v; want none", problems)
	}
	b.insert(b.name(), domain.Chunk{Text: "x", Embedding: []float32{1, 0}})
	if st, err := b.Stats(b.Context()); err != nil || st.Databases < 1 {
		b.Errorf("Stats = %+v, %v; want a database", st, err)
	}
	if n := b.Limits().Chunks; n < 1 {
		b.Errorf("Limits has %d chunks", n)
	}
	if err := b.Heavily(b.Context(), func() error { return domain.ErrBusy }); err != domain.ErrBusy { //nolint:errorlint // that very one
		b.Errorf("Heavily = %v; want what its function returns", err)
	}
	file, err := b.Backup(b.Context())
	if b.can.Has(capability.Snapshots) {
		if err != nil || file.Size() == 0 || file.Close() != nil {
			b.Errorf("Backup = %v", err)
		}
	} else {
		b.refused("Backup", err, capability.Snapshots)
		_, err = b.BackupTo(b.Context(), "none")
		b.refused("BackupTo", err, capability.Snapshots)
	}
	if _, err = b.Verify(b.Context(), false); b.can.Has(capability.Verify) {
		if err != nil {
			b.Errorf("Verify = %v", err)
		}
	} else {
		b.refused("Verify", err, capability.Verify)
	}
}

func testJobs(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, domain.Chunk{Text: "x", Embedding: []float32{1, 0}})
	if err := b.WaitIndexed(b.Context(), id, nil); err != nil {
		b.Errorf("WaitIndexed = %v", err)
	}
	_, err := b.Job(1 << 60)
	b.is("Job of an unknown id", err, domain.ErrNotFound)
	j, err := b.StartRebuild(b.Context(), id)
	metric := domain.Cosine
	if !b.can.Has(capability.IndexJobs) {
		b.refused("StartRebuild", err, capability.IndexJobs)
		_, err = b.Alter(b.Context(), id, domain.Alteration{Metric: &metric})
		b.refused("Alter of the metric", err, capability.IndexJobs)
	} else if err != nil {
		b.Errorf("StartRebuild = %v", err)
	} else if done, err := b.WaitJob(b.Context(), j.ID); err != nil || done.State != app.JobDone {
		b.Errorf("WaitJob = %+v, %v", done, err)
	}
	im, err := b.StartImport(id, app.ImportProgress{})
	if err != nil {
		b.Fatalf("StartImport = %v", err)
	}
	if _, err := b.CancelJob(b.Context(), im.ID); err != nil && b.Context().Err() == nil {
		b.Logf("CancelJob = %v", err)
	}
	_, err = b.StartReembed(b.Context(), app.Reembed{Database: id, Embedder: domain.EmbedderRef{Provider: "static", Model: "none"}})
	if !b.can.Has(capability.Reembed) {
		b.refused("StartReembed", err, capability.Reembed)
	} else if err == nil {
		b.Errorf("StartReembed with an unknown embedder = nil; want an error")
	}
}

func testCapabilities(_ *testing.T, b *bench) {
	if got := b.Capabilities(); got != b.can {
		b.Errorf("Capabilities = %v, and before %v; want them the same", got.Names(), b.can.Names())
	}
	id := b.name()
	b.insert(id, domain.Chunk{Text: "x", Embedding: []float32{1, 0}})
	found, err := b.Search(b.Context(), app.Search{Database: id, Queries: []app.Query{{Embedding: []float32{1, 0}, K: 1}}})
	if err != nil || len(found.Explain) != 1 || b.can.Has(capability.Explain) && found.Explain[0].Plan == "" {
		b.Errorf("Search explains %+v, %v", found.Explain, err)
	}
}
