"""Every kind of question about the closed facts, as text that `questions.py` reads.

A block begins with "name topic facts weight". Then "?" how it is asked, "=" how it is answered, "*" what a
right answer contains, "+" how it is asked of another fact, "@" how it is asked of the fact just spoken of;
lines that begin with two spaces go on. Phrasings after "||" are never trained on.
"""

ASKED = """
capital geography countries 3
? What is the capital of {country}? | What's the capital of {country}? | Tell me the capital of {country}.
  | Which city is the capital of {country}? | Do you know the capital of {country}? | Please name the
  capital of {country}. || What city is the capital of {country}? | Can you tell me the capital of
  {country}?
= The capital of {country} is {capital}. | It is {capital}.
* {capital}
+ And of {country}? | What about {country}? | And {country}? || And what about {country}?
@ And its capital? | What is its capital? || And what is its capital?

country_of geography countries 1
? {capital} is the capital of which country? | Which country has the capital {capital}? | What country is
  {capital} in? | In which country is {capital}? | Where is {capital}? || {capital} is in which country?
= {capital} is in {country}.
* {country}
+ And {capital}? | What about {capital}? || And where is {capital}?

language geography countries 1
? What language do they speak in {country}? | Which language is spoken in {country}? | What do people
  speak in {country}? | Tell me the language of {country}. | What is the language of {country}? || What
  language do people speak in {country}?
= They speak {language} in {country}. | They speak {language}.
* {language}
+ And in {country}? | What about {country}? || And what about in {country}?
@ And its language? | What is its language? | And what language do they speak? || Which language do they
  speak there?

continent geography continents 1
? Which continent is {country} in? | What continent is {country} on? | On which continent is {country}? |
  Where in the world is {country}? || {country} is on which continent?
= {country} is in {continent}.
* {continent}
+ And {country}? | What about {country}? || And what about {country}?
@ And its continent? | Which continent is it in? || And what continent is it on?

sum numbers sums 3
? What is {x} plus {y}? | How much is {x} plus {y}? | What's {x} and {y}? | Add {x} and {y}. | What do {x}
  and {y} make? | {x} plus {y}? | Please add {x} to {y}. || Can you add {x} and {y}? | What is the sum of
  {x} and {y}?
= It is {result}. | That makes {result}.
* {result}
+ And {x} plus {y}? | What about {x} plus {y}? || And what about {x} plus {y}?

difference numbers differences 2
? What is {x} minus {y}? | How much is {x} minus {y}? | Take {y} from {x}. | {x} minus {y}? | What is {x}
  take away {y}? || Can you take {y} from {x}?
= It is {result}. | That makes {result}.
* {result}
+ And {x} minus {y}? | What about {x} minus {y}? || And what about {x} minus {y}?

product numbers products 1.5
? What is {x} times {y}? | How much is {x} times {y}? | Multiply {x} by {y}. | {x} times {y}? | What's {x}
  times {y}? || Can you multiply {x} by {y}?
= It is {result}. | That makes {result}.
* {result}
+ And {x} times {y}? | What about {x} times {y}? || And what about {x} times {y}?

after numbers numbers 1
? What number comes after {x}? | Which number follows {x}? | What comes after {x}? | What is the number
  after {x}? || Which number is next after {x}?
= After {x} comes {after}. | It is {after}.
* {after}
+ And after {x}? || And what comes after {x}?

before numbers numbers 1
? What number comes before {x}? | What comes before {x}? | What is the number before {x}? || Which number
  is just before {x}?
= Before {x} comes {before}. | It is {before}.
* {before}
+ And before {x}? || And what comes before {x}?

more comparisons pairs 1
? Which is more, {x} or {y}? | What is more, {x} or {y}? | Which number is larger, {x} or {y}? || Is {x}
  or {y} more?
= {large} is more.
* {large}
+ And {x} or {y}? || What about {x} or {y}?

fewer comparisons pairs 1
? Which is less, {x} or {y}? | What is less, {x} or {y}? | Which number is smaller, {x} or {y}? || Is {x}
  or {y} less?
= {small} is less.
* {small}
+ And {x} or {y}? || What about {x} or {y}?

order comparisons orders 2
? Which is {word}, {x} or {y}? | What is {word}, {x} or {y}? | Who is {word}, {x} or {y}? | Tell me which
  is {word}, {x} or {y}. || Is {x} or {y} {word}?
= {winner} is {word}.
* {bare}

next calendar dates 1.5
? What comes after {x}? | Which {unit} comes after {x}? | What {unit} follows {x}? | Which {unit} is after
  {x}? || What is the next {unit} after {x}?
= After {x} comes {after}. | It is {after}.
* {after}
+ And after {x}? || And what comes after {x}?

previous calendar dates 1.5
? What comes before {x}? | Which {unit} comes before {x}? | Which {unit} is before {x}? || What {unit} is
  just before {x}?
= Before {x} comes {before}. | It is {before}.
* {before}
+ And before {x}? || And what comes before {x}?

rank calendar ranks 1
? What is the {rank} {unit} of the {whole}? | Which is the {rank} {unit} of the {whole}? | Name the {rank}
  {unit} of the {whole}. | Tell me the {rank} {unit} of the {whole}. || Which {unit} is the {rank} of the
  {whole}?
= The {rank} {unit} is {name}.
* {name}
+ And the {rank} {unit} of the {whole}? || What about the {rank} {unit} of the {whole}?

sound animals sounds 1
? What sound does {a_x} make? | What does {a_x} say? | What noise does {a_x} make? | Which sound does
  {a_x} make?
  || What kind of noise does {a_x} make?
= {a_x} {verb}.
* {verb}
+ And {a_x}? | What about {a_x}? || And what about {a_x}?
@ And what sound does it make? | What does it say? || What noise does it make?

young animals young 1
? What is the young of {a_x} called? | What do you call the baby of {a_x}? | What is the baby of {a_x}
  called? |
  What is the name for the young of {a_x}? || How do you call the young of {a_x}?
= It is called {a_young}. | It is {a_young}.
* {young}
+ And of {a_x}? | What about {a_x}? || And what about {a_x}?
@ And its young? | What is its baby called? || And what is its young called?

home animals homes 0.5
? Where does {a_x} live? | What is the home of {a_x}? | What does {a_x} live in? || What do you call the
  home of
  {a_x}?
= {a_x} lives in {a_home}.
* {home}
+ And {a_x}? | What about {a_x}? || And what about {a_x}?
@ And where does it live? || Where is its home?

parts counts parts 1.5
? How many {parts} does {owner} have? | How many {parts} has {owner}? | Tell me how many {parts} {owner}
  has. | What number of {parts} does {owner} have? || Do you know how many {parts} {owner} has?
= {owner} has {number} {part}.
* {number}

measures counts measures 1
? How many {unit} are in {whole}? | How many {unit} does {whole} have? | How many {unit} are there in
  {whole}? | Tell me how many {unit} are in {whole}. || Do you know how many {unit} are in {whole}?
= There are {number} {unit} in {whole}.
* {number}
+ And in {whole}, how many {unit}? || And how many {unit} in {whole}?

opposite words opposites 2
? What is the opposite of {x}? | What's the opposite of {x}? | Tell me the opposite of {x}. | Which word
  is the opposite of {x}? | Give me the opposite of {x}. || Can you say the opposite of {x}?
= The opposite of {x} is {y}. | It is {y}.
* {y}
+ And of {x}? | What about {x}? || And the opposite of {x}?

spell words spelled 1
? How do you spell {x}? | Spell {x}. | Please spell {x}. | Spell the word {x}. | How is {x} spelled? ||
  Can you spell {x}?
= {letters}.
* {letters}
+ And {x}? | What about {x}? || And how about {x}?

color things colors 2
? What color is {x}? | Which color is {x}? | What is the color of {x}? | Tell me the color of {x}. | Which
  color does {x} have? || What color does {x} have?
= {x} is {color}.
* {color}
+ And {x}? | What about {x}? || And what about {x}?

category things categories 1
? What is {x}? | What kind of thing is {x}? | Tell me what {x} is. || What sort of thing is {x}?
= {x} is {kind}.
* {bare}
+ And {x}? | What about {x}? || And what is {x}?

is_it things clear_categories 0.7
? Is {x} {kind}? | Would you say {x} is {kind}? | Do you call {x} {kind}? || Am I right that {x} is
  {kind}?
= Yes, {x} is {kind}.
* yes
+ And is {x} {kind}? || And what about {x}, is it {kind}?

is_it_not things clear_categories 0.7
? Is {x} {other}? | Would you say {x} is {other}? | Do you call {x} {other}? || Am I right that {x} is
  {other}?
= No, {x} is {kind}.
* no
+ And is {x} {other}? || And what about {x}, is it {other}?

who people jobs 1
? Who {does}? | Which person {does}? | What do you call someone who {does}? | Tell me who {does}. || What
  is the name for someone who {does}?
= {a_x} {does}.
* {x}
+ And who {does}? || And what about someone who {does}?

job people jobs 1
? What does {a_x} do? | What is the job of {a_x}? | What is {a_x} for? | Tell me what {a_x} does. || What work
  does {a_x} do?
= {a_x} {does}.
* {word}
+ And {a_x}? | What about {a_x}? || And what about {a_x}?

tool people tools 1.5
? What do you use to {purpose}? | What do I need to {purpose}? | Which tool do I need to {purpose}? | What
  helps me to {purpose}? | With what can I {purpose}? || What should I take to {purpose}?
= You use {tool}. | You need {tool}.
* {bare_tool}
+ And to {purpose}? || And what do I use to {purpose}?

symbol science symbols 1
? What is the symbol of {x}? | What is the chemical symbol for {x}? | Tell me the symbol of {x}. || Which
  chemical symbol does {x} have?
= The symbol of {x} is {symbol}.
* {symbol}
+ And of {x}? | What about {x}? || And the symbol of {x}?

planet science orbits 0.6
? Which planet comes after {x}? | What planet is next after {x}? | What is the planet after {x}? || Which
  planet follows {x}?
= After {x} comes {y}.
* {y}
+ And after {x}? || And the planet after {x}?
"""
