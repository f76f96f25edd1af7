// Echo on Go's net package: one goroutine per connection, encoding/json, replies flushed when no request is buffered.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
)

const (
	maxFrameBytes = 1 << 20
	bufferBytes   = 4 << 10
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type reply struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

var noSuchMethod = json.RawMessage(`{"code":-32601,"message":"Method not found"}`)

func answer(body []byte) ([]byte, error) {
	var asked request
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	if asked.Method == "echo" {
		return json.Marshal(reply{Version: "2.0", ID: asked.ID, Result: asked.Params})
	}
	return json.Marshal(reply{Version: "2.0", ID: asked.ID, Error: noSuchMethod})
}

func serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, bufferBytes)
	writer := bufio.NewWriterSize(connection, bufferBytes)
	var header [4]byte
	var body []byte
	for {
		if _, err := io.ReadFull(reader, header[:]); err != nil {
			return
		}
		length := int(int32(binary.BigEndian.Uint32(header[:])))
		if length < 0 || length > maxFrameBytes {
			return
		}
		if cap(body) < length {
			body = make([]byte, length)
		}
		body = body[:length]
		if _, err := io.ReadFull(reader, body); err != nil {
			return
		}
		text, err := answer(body)
		if err != nil {
			return
		}
		binary.BigEndian.PutUint32(header[:], uint32(len(text)))
		writer.Write(header[:])
		writer.Write(text)
		if reader.Buffered() == 0 && writer.Flush() != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}
