// Must not compile: a member that the contract does not know, a value of another type, an address that
// is none, a member of an answer that it does not have.
import { createClient } from "../src/index.js";

const api = createClient({ issuer: "https://auth.example.com", token: "x" });
await api.POST("/users", { body: { email: "ann@example.com", admin: true } });
await api.POST("/users", { body: { email: 7 } });
await api.GET("/nothing");
const { data } = await api.GET("/users/{user_id}", { params: { path: { user_id: "user_1" } } });
data?.password;
