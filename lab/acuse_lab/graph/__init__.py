"""A strict fake of Meta's Graph API for WhatsApp: a real HTTP server that says no as Meta does.

`acuse lab graph` starts it alone; `acuse_lab.graph.server.running_graph` starts it inside a test;
`acuse_lab.graph.client.LabClient` steers either through the `/_lab/` routes.

It has what sends and receives messages. What manages accounts (`message_templates`,
`subscribed_apps`, `webhook_configuration`, `oauth/access_token`) is an unknown path here:
templates and callbacks are registered through the control API.
"""
