"""A strict fake of Meta's Graph API for WhatsApp: a real HTTP server that says no as Meta does.

`acuse lab graph` starts it alone; `acuse_lab.graph.server.running_graph` starts it inside a test;
`acuse_lab.graph.client.LabClient` steers either through the `/_lab/` routes.

It has what sends and receives messages, and what an operator needs to set a number up: reading it,
`webhook_configuration`, `subscribed_apps`. The rest of what manages accounts (`message_templates`,
`oauth/access_token`, `register`) is an unknown path here: templates and tokens are registered
through the control API.
"""
