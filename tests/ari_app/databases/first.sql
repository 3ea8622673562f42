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
	PRIMARY KEY (call_id)
);
INSERT INTO "calls" VALUES('6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a01','harbour','441632960001','07700900123','PJSIP/x-1','1.1','2026-01-01T10:00:00.000+00:00',NULL,NULL,NULL,NULL);
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
COMMIT;
