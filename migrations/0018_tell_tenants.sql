-- Changes of tenants are made by the platform role, and are events as all else: the role
-- stores them for subscribers too. It could write the audit log and the queue already.
GRANT INSERT ON events TO plinto_platform;
GRANT USAGE ON SEQUENCE events_seq TO plinto_platform;
