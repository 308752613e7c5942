-- Whether a code was all that the client was answered: if nobody redeems it, its grant is
-- good for nothing and goes with it. Servers from before do not say; their grants stay
-- as long as they did.
ALTER TABLE codes ADD COLUMN sole boolean NOT NULL DEFAULT false;
