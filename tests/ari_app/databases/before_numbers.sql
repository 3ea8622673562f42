BEGIN TRANSACTION;
CREATE TABLE bookings (
	reference VARCHAR(16) NOT NULL, 
	call_id VARCHAR(36) NOT NULL, 
	company VARCHAR(32) NOT NULL, 
	service VARCHAR(32) NOT NULL, 
	area VARCHAR(32) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	part VARCHAR(16) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	price_pounds VARCHAR(16) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (reference), 
	UNIQUE (call_id)
);
INSERT INTO "bookings" VALUES('123456','6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01','harbour','tap','truro','2026-01-06','morning','07700900123','85','2026-01-01T10:01:00.000+00:00');
CREATE TABLE callbacks (
	call_id VARCHAR(36) NOT NULL, 
	company VARCHAR(32) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	why VARCHAR(16) NOT NULL, 
	about TEXT NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	done_at VARCHAR(32), 
	PRIMARY KEY (call_id)
);
CREATE TABLE calls (
	call_id VARCHAR(36) NOT NULL, 
	company VARCHAR(32) NOT NULL, 
	did VARCHAR(32) NOT NULL, 
	caller VARCHAR(32) NOT NULL, 
	channel VARCHAR(128) NOT NULL, 
	uniqueid VARCHAR(64) NOT NULL, 
	registered_at VARCHAR(32) NOT NULL, 
	connected_at VARCHAR(32), 
	ended_at VARCHAR(32), 
	end_reason VARCHAR(32), 
	next VARCHAR(16), 
	drafts INTEGER, 
	drafts_discarded INTEGER, 
	tokens INTEGER, 
	tokens_discarded INTEGER, 
	letters INTEGER, 
	letters_discarded INTEGER, 
	route VARCHAR(16), 
	held BOOLEAN, 
	direction VARCHAR(4), 
	wanted VARCHAR(16), 
	handed_to VARCHAR(96), 
	returns INTEGER, 
	queued_at VARCHAR(32), 
	answered_at VARCHAR(32), 
	answered_by VARCHAR(128), 
	recording VARCHAR(256), 
	message VARCHAR(256), 
	hung_up_at VARCHAR(32), 
	hung_up_by VARCHAR(16), 
	cause INTEGER, 
	PRIMARY KEY (call_id)
);
INSERT INTO "calls" VALUES('6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01','harbour','441632960001','07700900123','PJSIP/x-1','1.1','2026-01-01T10:00:00.000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE companies (
	"key" VARCHAR(32) NOT NULL, 
	document TEXT, 
	revision INTEGER NOT NULL, 
	updated_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "companies" VALUES('gone',NULL,3,'2026-01-01T10:00:00.000+00:00');
CREATE TABLE dids (
	number VARCHAR(15) NOT NULL, 
	"key" VARCHAR(32) NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY("key") REFERENCES companies ("key")
);
CREATE TABLE turns (
	call_id VARCHAR(36) NOT NULL, 
	"index" INTEGER NOT NULL, 
	speaker VARCHAR(8) NOT NULL, 
	step VARCHAR(16) NOT NULL, 
	asks VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	heard TEXT NOT NULL, 
	done BOOLEAN NOT NULL, 
	interrupted BOOLEAN NOT NULL, 
	at_ms INTEGER NOT NULL, 
	marks_ms JSON NOT NULL, 
	PRIMARY KEY (call_id, "index"), 
	FOREIGN KEY(call_id) REFERENCES calls (call_id)
);
INSERT INTO "turns" VALUES('6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01',0,'agent','greet','','Hello','Hello',1,0,5,'{}');
CREATE INDEX ix_companies_revision ON companies (revision);
COMMIT;
