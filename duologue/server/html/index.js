// The address that this page came from is the one to give to a program.
document.getElementById("example").textContent = `from openai import OpenAI

client = OpenAI(base_url="${location.origin}/v1", api_key="any, on this computer")
question = {"role": "user", "content": "What is the capital of Italy?"}
print(client.chat.completions.create(model="gpt-4o", messages=[question]).choices[0].message.content)`;
