// This program made v0.1.6.db, with github.com/asg017/sqlite-vec-go-bindings v0.1.6 and
// github.com/mattn/go-sqlite3 v1.14.53, in a module of its own.
package main

import (
	"database/sql"
	"fmt"
	"log"

	vec "github.com/asg017/sqlite-vec-go-bindings/cgo"
	_ "github.com/mattn/go-sqlite3"
)

func main() {
	vec.Auto()
	db, err := sql.Open("sqlite3", "v0.1.6.db")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	do := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			log.Fatal(query, err)
		}
	}
	numbers := func(x ...float32) []byte {
		b, err := vec.SerializeFloat32(x)
		if err != nil {
			log.Fatal(err)
		}
		return b
	}
	do(`pragma page_size=512`)
	do(`create virtual table plain using vec0(embedding float[3])`)
	do(`create virtual table docs using vec0(
   doc_id text primary key, -- a comment, with a comma
   tenant text partition key,
   embedding float[4] distance_metric=cosine,
   small int8[4],
   published boolean, pages integer, price float, genre text,
   +contents text, +raw blob, chunk_size=8)`)
	for i := range 25 {
		do(`insert into plain(rowid,embedding) values(?,?)`, i*10+1, numbers(float32(i), 1, -0.5))
		genre := "short"
		if i%2 == 1 {
			genre = fmt.Sprint("a genre that is longer than twelve bytes ", i)
		}
		do(`insert into docs(doc_id,tenant,embedding,small,published,pages,price,genre,contents,raw) values(?,?,?,vec_int8(?),?,?,?,?,?,?)`,
			fmt.Sprint("doc-", i), fmt.Sprint("t", i%3), numbers(float32(i), 1, 2, 3), []byte{byte(i), 255, 0, 1},
			i%2, i*100, float64(i)+0.25, genre, fmt.Sprint("text ", i), []byte{1, 2, byte(i)})
	}
	do(`delete from docs where doc_id in ('doc-3','doc-4')`)
	do(`delete from plain where rowid in (1,11)`)
	do(`update docs set embedding=?, genre='x' where doc_id='doc-5'`, numbers(9, 9, 9, 9))
	do(`vacuum`)
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
}
