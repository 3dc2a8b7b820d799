"""Sentences that are said near the assistant but not to it."""

from duologue.training.synthesize.phrasing import table

# what one person says to another in the room | what the other says back
SIDE_TALK = table("""
Can you pass me the salt? | Here you are.
Did you lock the door? | Yes, I did.
Where are my glasses? | They are on your head.
Dinner is almost ready. | I am coming.
Shall we go to the park later? | Good idea.
Mom, I am home. | Hello, darling.
Have you seen the cat? | She is under the bed.
I will call you back. | All right.
Put your shoes on, please. | I have them on.
What are we having for lunch? | Soup, I think.
The kids are still asleep. | Then be quiet.
Did the post come? | Not yet.
Turn the music down a bit. | Is this better?
I think it is going to rain. | Take an umbrella.
Who left the window open? | That was me.
See you at the office. | See you there.
No, the other one, over there. | Ah, this one.
Give that back to your sister. | But it is mine.
The train was late again. | It always is.
Could you hold this for me? | Sure.
I already told her about it. | What did she say?
Come and look at this. | Oh, how nice.
We need milk and bread. | I will write it down.
My phone is almost empty. | Take my charger.
Is that your jacket? | No, it is his.
Let me finish this first. | Take your time.
He is in the other room. | I will get him.
Thanks for the flowers. | With pleasure.
They live next door. | Do they have children?
I have to leave at five. | Then let us start.
""")
