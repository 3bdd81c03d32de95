module acuse.dev/lab/pause

go 1.26
