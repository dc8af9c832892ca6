-- Gateways ask twice a second which sessions have ended recently.
create index session_ended_at on session (ended_at) where ended_at is not null;
