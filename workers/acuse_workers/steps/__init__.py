"""The steps of an event, each resumable: what it has done is in rows, written with the fence."""
