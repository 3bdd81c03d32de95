// One static program for what a lab's region needs of its own: the container that keeps a pod's
// namespaces, the process that keeps a region's, and a server and client for tests of both.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 1 {
		pause()
		return
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(mode string, rest []string) error {
	switch {
	case mode == "hold" && len(rest) == 1:
		return hold(rest[0])
	case mode == "serve" && len(rest) == 1:
		return serve(rest[0])
	case mode == "get" && len(rest) == 1:
		return get(rest[0])
	case mode == "lookup" && len(rest) == 1:
		return lookup(rest[0])
	}
	return errors.New("usage: pause [hold FILE | serve ADDRESS | get URL | lookup NAME]")
}

// pause waits for the pod's end and takes its dead children off the table.
func pause() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	go reap()
	<-ended
}

func reap() {
	died := make(chan os.Signal, 16)
	signal.Notify(died, syscall.SIGCHLD)
	for range died {
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil {
				break
			}
		}
	}
}

// hold keeps a region's namespaces as their first process. Who holds the lock on the file is the
// region's holder, whatever became of the command that started it; the file says when all is set.
func hold(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &lock); err != nil {
		return fmt.Errorf("another process holds %s: %w", path, err)
	}
	go reap()
	// What containerd, the kubelet and iptables leave there by habit ends with the region.
	for _, folder := range []string{"/run", "/var/log"} {
		if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mount on %s: %w", folder, err)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return err
	}
	if _, err := file.WriteString("ready\n"); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	for {
		time.Sleep(time.Hour)
	}
}

// serve answers every request with its host, method and path, and ends in order on SIGTERM.
func serve(address string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              address,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(answer http.ResponseWriter, asked *http.Request) {
			fmt.Fprintf(answer, "%s %s %s%s\n", name, asked.Method, asked.Host, asked.URL.Path)
		}),
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-ended
		_ = server.Shutdown(context.Background())
	}()
	fmt.Println("serving at", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func get(url string) error {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	fmt.Println(answer.StatusCode)
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

func lookup(name string) error {
	found, err := net.LookupHost(name)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(found, " "))
	return nil
}
