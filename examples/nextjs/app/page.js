import { auth, signIn } from "../auth.js";

export default async function Home() {
  const session = await auth();
  if (!session) {
    const toPlinto = async () => {
      "use server";
      await signIn("plinto");
    };
    return (
      <form action={toPlinto}>
        <button id="login">Sign in</button>
      </form>
    );
  }
  return (
    <form action="/logout" method="post">
      <p>Hello {session.user.name}.</p>
      <button id="logout">Sign out</button>
    </form>
  );
}
