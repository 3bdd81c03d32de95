"""Meta's WhatsApp Cloud API: its webhooks, its signature, its Graph API."""
