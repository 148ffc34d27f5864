"""The pieces the end-to-end tests are made of: clients, the fake hub, the gateway, and what they carry."""
