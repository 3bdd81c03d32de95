"""A strict fake of Meta's Graph API for WhatsApp: a real HTTP server that says no as Meta does.

`acuse lab graph` starts it alone; `acuse_lab.graph.server.running_graph` starts it inside a test;
`acuse_lab.graph.client.LabClient` steers either through the `/_lab/` routes.
"""
