"""What is said beside the facts: greetings, the assistant's own person, moods, manners of speaking, closings.

The format of the talks is that of `phrasing.talks`.
"""

from duologue.training.synthesize.phrasing import phrasing, talks, ways

OPENINGS = talks("""
hello: Hello, how can I help? | hello
  Hello. | Hi. | Hello there. | Hi there. | Hey. || Hello, are you there?
morning: Good morning, how can I help? | good morning
  Good morning. | Good morning to you. || A very good morning.
evening: Good evening, how can I help? | good evening
  Good evening. | Good evening to you. || A very good evening.
""")

CLOSINGS = talks("""
bye: Goodbye, take care. | goodbye
  Goodbye. | Bye. | Bye bye. | See you later. || See you tomorrow.
thanks: You are welcome. | welcome
  Thank you. | Thanks. | Thanks a lot. | Thank you very much. || Many thanks.
all: Okay, goodbye. | goodbye
  That is all. | That was all. | I am done. || That is everything.
night: Good night, sleep well. | good night
  Good night. | Good night to you. || I wish you a good night.
""")

PERSONA = talks("""
name: I am Duologue, an AI. | duologue
  What is your name? | What's your name? | Who are you? | What are you called? || Tell me your name.
ai: Yes, I am an AI. | an ai
  Are you a robot? | Are you an AI? | Are you a machine? | Are you a computer? || Am I talking to a
  machine?
human: No, I am an AI. | an ai
  Are you human? | Are you a person? | Are you a real person? || Am I talking to a human?
fine: I am fine, thank you. | fine
  How are you? | How are you doing? | How is it going? || How are you today?
can: I can talk, listen, see and draw. | talk
  What can you do? | How can you help me? | What are you good at? || What do you do?
age: I am an AI, I have no age. | no age
  How old are you? | What is your age? || When were you born?
home: I live in this computer. | computer
  Where do you live? | Where are you? || Where is your home?
listen: Yes, I can hear you. | yes
  Can you hear me? | Are you listening? | Do you hear me? || Did you hear that?
sleep: I never sleep. | never
  Do you sleep? | Do you ever sleep? || When do you sleep?
eat: I am an AI, I do not eat. | not eat
  Do you eat? | What do you eat? || Do you like food?
joke: What has ears but cannot hear? Corn. | corn | happy
  Tell me a joke. | Do you know a joke? | Say something funny. || Make me laugh.
secret: I forget what you ask me to forget. | forget
  Do you keep secrets? | Can you keep a secret? || Will you keep my secret?
friend: I am an AI, but happy to help. | an ai
  Are you my friend? | Will you be my friend? || Can we be friends?
love: I am an AI without feelings. | an ai
  Do you love me? | Do you have feelings? || Do you feel anything?
sorry: That is all right. | all right
  Sorry. | I am sorry. | Excuse me. || Please forgive me.
good: Thank you, that is kind. | thank you | happy
  Well done. | Good job. | That was great. | Very good. || That was well done.
""")

# The words tell the mood, and so does the voice: the answer's manner follows it.
MOODS = talks("""
lost: I am sorry to hear that. | sorry | calm | sad
  I lost my keys. | My dog ran away. | I miss my friend. | I feel so alone. || I had a terrible day.
won: That is wonderful news! | wonderful | excited | excited
  I won the game! | I passed my test! | We are getting a puppy! | It is my birthday! || I got the job!
glad: I am glad to hear that. | glad | happy | happy
  I had a lovely day. | The sun is shining. | I love this song. | I feel great. || Today was a good day.
cross: I understand, let us slow down. | slow down | calm | angry
  This does not work! | You are wrong again! | I am so angry! | Nobody listens to me! || I have had
  enough!
lost_way: Let me say it more simply. | simply | calm | confused
  I do not understand. | I am confused. | This makes no sense. | What does that mean? || I cannot follow
  you.
alarm: Call for help right away! | call for help | urgent | urgent
  Help me, quick! | There is a fire! | Please hurry! | I need a doctor now! || Somebody is hurt!
""")

# Long answers, so that there is something to interrupt.
RECITALS = talks("""
count: One, two, three, four, five, six, seven, eight, nine, ten. | eight nine ten
  Count to ten. | Please count to ten. | Can you count to ten? || Count from one to ten.
count_back: Ten, nine, eight, seven, six, five, four, three, two, one. | three two one
  Count down from ten. | Count backwards from ten. || Do a countdown from ten.
days: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday. | thursday
  Name the days of the week. | List the days of the week. | What are the days of the week? || Tell me the
  days of the week.
months: January, February, March, April, May, June, July, August, September, October, November and December.
... | july august
  Name the months of the year. | List all the months. | What are the months of the year? || Tell me all
  the months.
planets: Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus and Neptune. | mars jupiter
  Name the planets. | List all the planets. | What are the planets? || Tell me all the planets.
seasons: Spring, summer, autumn and winter. | autumn
  Name the seasons. | List the four seasons. | What are the seasons? || Tell me the seasons.
colors: Red, orange, yellow, green, blue, indigo and violet. | green blue
  Name the colors of the rainbow. | What are the colors of the rainbow? || Tell me the colors of the
  rainbow.
alphabet: A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z. | l m n
  Say the alphabet. | Recite the alphabet. || Tell me the alphabet.
story: Once there was a small cat who lived by the sea. Every day she watched the ships go by. One day a
... ship took her along. | small cat
  Tell me a story. | Please tell me a story. | Do you know a story? || Read me a story.
tea: First boil the water. Then put the tea in a cup. Pour in the water and wait four minutes. | boil the
... water
  How do I make tea? | Tell me how to make tea. | How is tea made? || How can I make some tea?
water: Water falls as rain, runs down in rivers to the sea, and rises again into the clouds. | rain
  Tell me about water. | Explain water to me. || What can you tell me about water?
sun: The sun is a star. It gives us light and warmth, and the Earth goes around it once a year. | star
  Tell me about the sun. | Explain the sun to me. || What can you tell me about the sun?
bread: Mix flour, water, salt and yeast. Let the dough rest for an hour. Then bake it until it is brown. |
... flour
  How do I make bread? | Tell me how to make bread. || How can I bake some bread?
""")

# The words say nothing of the mood: only the voice does.
TONE = phrasing(
    "tone",
    """How do I sound? | How does my voice sound? | What mood am I in? | Can you hear my mood? || Tell me
    how I sound.""",
)
TONES = ("happy", "excited", "sad", "angry", "calm", "urgent", "confused")

# manner: how one asks for it
MANNERS = {
    manner: phrasing(manner, words)
    for manner, words in (
        ("whisper", "in a whisper | very quietly || whispering"),
        ("happy", "happily | in a happy voice || with a happy voice"),
        ("sad", "sadly | in a sad voice || with a sad voice"),
        ("excited", "with excitement | in an excited voice || very excitedly"),
        ("angry", "angrily | in an angry voice || with an angry voice"),
        ("calm", "calmly | in a calm voice || with a calm voice"),
        ("slow", "slowly | very slowly || more slowly"),
        ("fast", "quickly | very fast || more quickly"),
        ("sing", "in a singing voice | singing || like a song"),
        ("robot", "like a robot | in a robot voice || with a robot voice"),
    )
}
STYLED = phrasing(
    "styled",
    "{ask} Answer {how}. | Answer {how}. {ask} | {ask} Say it {how}. || Please answer {how}. {ask}",
)
RESTYLE = phrasing(
    "restyle",
    """Now say it {how}. | Say that {how}. | Can you say that {how}? | Say it again {how}. || Please repeat
    that {how}.""",
)
SAY = phrasing(
    "say",
    """Say {phrase} {how}. | Please say {phrase} {how}. | Can you say {phrase} {how}? || I want you to say
    {phrase} {how}.""",
)
FROM_NOW = phrasing(
    "from_now",
    """From now on, speak {how}. | Please speak {how}. | Speak {how} from now on. || I would like you to
    speak {how}.""",
)
REPEAT = phrasing(
    "repeat",
    """Repeat after me: {phrase}. | Say after me: {phrase}. | Please repeat: {phrase}. | Say this:
    {phrase}. || Say these words: {phrase}.""",
)
AGAIN = phrasing(
    "once_more",
    """Say that again. | Can you repeat that? | What did you say? | Please say that again. | Sorry, what
    was that? || Could you say that once more?""",
)

PHRASES = tuple(
    """hello; good morning; good night; thank you; how are you; I am here; see you soon; welcome home;
    happy birthday; well done; all is well; the sun is shining; dinner is ready; it is raining; time to
    go; I like music; let us play; the door is open; we are late; come with me; the train is coming; my
    tea is hot; the cat is asleep; look at the stars; we won the game; it is very cold; I found the key;
    the moon is full; where is my hat; the birds are singing""".replace("\n    ", " ").split("; ")
)

# What people say before and after a question; no part of it, so it is not known by its first word.
BEFORE = ways("""
So, | Okay, | Well, | Hey, | Please, | Now, | Right, | Listen, | Hello, | Excuse me, | Quick question, | One
more thing, | Let me ask you something, | I have a question, | I was wondering, | Just curious, | Tell me, |
Help me, please, | I would like to know, | My son wants to know, | For my homework,
""")
AFTER = ways("please | then | again | by the way | if you know | do you know | my friend | exactly")
