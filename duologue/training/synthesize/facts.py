"""The closed world that the first conversations are about: small tables of true facts, and nothing else.

Rows are lines or parted by ";", cells by "|"; SCIENCE and CODE are questions with one answer each.
`asked.py` says how the facts are asked about.
"""

from duologue.training.synthesize.phrasing import table, talks, words

# country | capital | most spoken language | continent ("" where it lies on two)
COUNTRIES = table("""
France | Paris | French | Europe; Spain | Madrid | Spanish | Europe; Italy | Rome | Italian | Europe
Germany | Berlin | German | Europe; Portugal | Lisbon | Portuguese | Europe
Greece | Athens | Greek | Europe; Austria | Vienna | German | Europe; Poland | Warsaw | Polish | Europe
Sweden | Stockholm | Swedish | Europe; Norway | Oslo | Norwegian | Europe
Denmark | Copenhagen | Danish | Europe; Finland | Helsinki | Finnish | Europe
Hungary | Budapest | Hungarian | Europe; Ireland | Dublin | English | Europe
England | London | English | Europe; the Netherlands | Amsterdam | Dutch | Europe
Iceland | Reykjavik | Icelandic | Europe; Romania | Bucharest | Romanian | Europe
Bulgaria | Sofia | Bulgarian | Europe; Croatia | Zagreb | Croatian | Europe
Ukraine | Kyiv | Ukrainian | Europe; Russia | Moscow | Russian | ; Turkey | Ankara | Turkish |
Japan | Tokyo | Japanese | Asia; China | Beijing | Chinese | Asia; India | New Delhi | Hindi | Asia
Thailand | Bangkok | Thai | Asia; Vietnam | Hanoi | Vietnamese | Asia
South Korea | Seoul | Korean | Asia; Iran | Tehran | Persian | Asia; Nepal | Kathmandu | Nepali | Asia
Egypt | Cairo | Arabic | Africa; Kenya | Nairobi | Swahili | Africa; Morocco | Rabat | Arabic | Africa
Nigeria | Abuja | English | Africa; Canada | Ottawa | English | North America
Mexico | Mexico City | Spanish | North America; Cuba | Havana | Spanish | North America
Brazil | Brasilia | Portuguese | South America; Argentina | Buenos Aires | Spanish | South America
Chile | Santiago | Spanish | South America; Peru | Lima | Spanish | South America
Colombia | Bogota | Spanish | South America; Australia | Canberra | English | Oceania
New Zealand | Wellington | English | Oceania
""")

# word | opposite
OPPOSITES = table("""
hot | cold; big | small; tall | short; fast | slow; up | down; left | right; open | closed; full | empty
heavy | light; happy | sad; old | young; rich | poor; wet | dry; hard | soft; loud | quiet
clean | dirty; early | late; near | far; strong | weak; thick | thin; wide | narrow; deep | shallow
day | night; black | white; first | last; always | never; inside | outside; above | below; begin | end
buy | sell; push | pull; win | lose; love | hate; give | take; true | false; yes | no; good | bad
easy | difficult; safe | dangerous; asleep | awake; alive | dead; sweet | bitter; sharp | blunt
rough | smooth; north | south; east | west; front | back; top | bottom; before | after; more | less
same | different; cheap | expensive; brave | afraid; polite | rude; arrive | leave; remember | forget
laugh | cry; question | answer; war | peace; summer | winter; sunrise | sunset; hello | goodbye
""")

# thing | colour
COLOURS = table("""
a banana | yellow; a lemon | yellow; the sun | yellow; butter | yellow; a canary | yellow; grass | green
a frog | green; a cucumber | green; broccoli | green; a lime | green; spinach | green; a cactus | green
a pea | green; the sky | blue; the sea | blue; a blueberry | blue; a sapphire | blue; blood | red
a strawberry | red; a tomato | red; a cherry | red; a fire engine | red; a stop sign | red; a ruby | red
snow | white; milk | white; salt | white; a swan | white; a polar bear | white; flour | white
coal | black; a raven | black; a panther | black; an orange | orange; a carrot | orange
a pumpkin | orange; chocolate | brown; coffee | brown; soil | brown; a chestnut | brown
an elephant | gray; a dolphin | gray; ash | gray; a flamingo | pink; a pig | pink; lavender | purple
an eggplant | purple; a plum | purple; an emerald | green
""")

# animal | what it does
SOUNDS = table("""
dog | barks; cat | meows; cow | moos; sheep | baas; pig | oinks; duck | quacks; horse | neighs
lion | roars; frog | croaks; bee | buzzes; snake | hisses; mouse | squeaks; owl | hoots; wolf | howls
crow | caws; donkey | brays; goat | bleats; turkey | gobbles; dove | coos; hen | clucks; bear | growls
elephant | trumpets; cricket | chirps; parrot | squawks; monkey | chatters
""")

# animal | its young
YOUNG = table("""
dog | puppy; cat | kitten; cow | calf; horse | foal; sheep | lamb; pig | piglet; duck | duckling
hen | chick; goat | kid; lion | cub; bear | cub; tiger | cub; frog | tadpole; swan | cygnet
goose | gosling; deer | fawn; kangaroo | joey; elephant | calf; whale | calf; owl | owlet
eagle | eaglet; seal | pup; fox | cub; butterfly | caterpillar; spider | spiderling
""")

# animal | where it lives
HOMES = table("""
bee | hive; bird | nest; spider | web; horse | stable; rabbit | burrow; pig | sty; lion | den
bat | cave; beaver | lodge; hen | coop; dog | kennel
""")

# owner | part | how many
PARTS = table("""
dog | legs | 4; cat | legs | 4; horse | legs | 4; bird | legs | 2; spider | legs | 8; ant | legs | 6
bee | legs | 6; fly | legs | 6; snake | legs | 0; fish | legs | 0; crab | legs | 10; frog | legs | 4
octopus | arms | 8; butterfly | wings | 4; bird | wings | 2; octopus | hearts | 3; triangle | sides | 3
square | sides | 4; rectangle | sides | 4; pentagon | sides | 5; hexagon | sides | 6
octagon | sides | 8; cube | faces | 6; triangle | corners | 3; square | corners | 4; car | wheels | 4
bicycle | wheels | 2; tricycle | wheels | 3; motorcycle | wheels | 2; unicycle | wheels | 1
hand | fingers | 5; foot | toes | 5; guitar | strings | 6; violin | strings | 4; piano | keys | 88
rainbow | colors | 7; year | seasons | 4; soccer team | players | 11; basketball team | players | 5
chess player | pieces | 16; die | faces | 6
""")

# what is counted | in what | how many
MEASURES = table("""
days | a week | 7; months | a year | 12; hours | a day | 24; minutes | an hour | 60
seconds | a minute | 60; weeks | a year | 52; years | a century | 100; years | a decade | 10
eggs | a dozen | 12; letters | the alphabet | 26; degrees | a circle | 360; cents | a dollar | 100
centimeters | a meter | 100; millimeters | a centimeter | 10; meters | a kilometer | 1000
grams | a kilogram | 1000; milliliters | a liter | 1000; inches | a foot | 12; feet | a yard | 3
kilograms | a ton | 1000; planets | the solar system | 8; vowels | the alphabet | 5; days | April | 30
days | July | 31; minutes | half an hour | 30; cards | a deck | 52; bits | a byte | 8
months | half a year | 6
""")

# worker | what the worker does | the telling word
JOBS = table("""
baker | bakes bread | bread; dentist | takes care of teeth | teeth; pilot | flies planes | planes
teacher | teaches children | children; firefighter | puts out fires | fires; farmer | grows food | food
doctor | helps sick people | sick; chef | cooks meals | meals; painter | paints pictures | pictures
tailor | makes clothes | clothes; plumber | fixes pipes | pipes; mechanic | repairs cars | cars
author | writes books | books; barber | cuts hair | hair; gardener | takes care of plants | plants
judge | decides in court | court; astronaut | travels in space | space; sailor | works on ships | ships
carpenter | makes things from wood | wood; librarian | takes care of a library | library
vet | helps sick animals | animals; butcher | sells meat | meat; programmer | writes code | code
photographer | takes photos | photos; singer | sings songs | songs; beekeeper | keeps bees | bees
""")

# purpose | tool
TOOLS = table("""
cut paper | scissors; hit a nail | a hammer; tell the time | a clock; write | a pen; open a lock | a key
sweep the floor | a broom; eat soup | a spoon; cut bread | a knife; dig a hole | a shovel
measure temperature | a thermometer; see the stars | a telescope; take a picture | a camera
brush your teeth | a toothbrush; dry your hands | a towel; turn a screw | a screwdriver
stay dry in the rain | an umbrella; wash your hands | soap; comb your hair | a comb
boil water | a kettle; draw a straight line | a ruler; saw wood | a saw; keep food cold | a fridge
toast bread | a toaster; find north | a compass; sew a button | a needle; see tiny things | a microscope
weigh things | a scale
""")

# element | symbol, as it is spelled aloud
SYMBOLS = table("""
hydrogen | H; helium | H E; carbon | C; nitrogen | N; oxygen | O; sodium | N A; iron | F E; gold | A U
silver | A G; copper | C U; lead | P B; zinc | Z N; calcium | C A; neon | N E; tin | S N
""")

# kind | its members
KINDS = table("""
an animal | a dog | a cat | a horse | a lion | a rabbit | a cow
a bird | an eagle | an owl | a parrot | a penguin | a duck | a swan
a fruit | an apple | a pear | a banana | a grape | a cherry | a mango
a vegetable | a carrot | an onion | a potato | a cabbage | broccoli | spinach
a flower | a rose | a tulip | a daisy | a lily | a sunflower | a violet
a tool | a hammer | a saw | a screwdriver | a drill | a shovel | a wrench
an instrument | a piano | a guitar | a violin | a drum | a flute | a trumpet
a vehicle | a car | a bus | a truck | a train | a bicycle | a motorcycle
a metal | gold | iron | silver | copper | tin | zinc
an insect | an ant | a bee | a fly | a butterfly | a mosquito | a beetle
a sport | soccer | tennis | basketball | swimming | golf | hockey
a drink | tea | coffee | juice | lemonade | cocoa | water
""")

# comparative | its opposite | things from least to most, so far apart that nobody disputes the order
ORDERS = table("""
bigger | smaller | an ant | a mouse | a cat | a sheep | a horse | an elephant | a whale
heavier | lighter | a feather | a pencil | a book | a chair | a piano | a truck | a ship
faster | slower | a snail | a turtle | a bicycle | a car | a plane | a rocket
hotter | colder | ice | cold milk | hot tea | fire | the sun
taller | shorter | a flower | a child | a door | a house | a skyscraper | a mountain
older | younger | a baby | a teenager | a parent | a grandmother
""")
DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = words("January February March April May June July August September October November December")
PLANETS = words("Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune")
SPELLED = words("""
cat dog sun cup map bed red box key pen hat fish bird tree book star milk moon rain snow blue green
ball door lamp ship road hand foot nose king rose leaf wolf bear lion frog duck cake soup salt gold
wind
""")
FIRST_NAMES = words("""
Ann Ben Carl Dora Emma Fred Grace Henry Ida Jack Kate Leo Mary Nick Olive Paul Rose Sam Tom Vera
Will Zoe Adam Bella Clara David Ella Frank Greta Hannah Ivan Julia Karl Laura Max Nora Oscar Peter
Ruth Simon Tina Victor Alice Bob Chris Diana Eric Fiona George Helen Jane Kevin Linda Mark Nina Otto
Robert Sara
""")
FOODS = words("pizza soup bread rice pasta cake cheese salad chocolate fish potatoes")
HOBBIES = words("swimming reading cooking dancing running painting singing fishing skiing chess")
PLAIN_COLOURS = words("red blue green yellow orange purple pink brown black white gray")

SCIENCE = talks("""
hydrogen_oxygen: Water is made of hydrogen and oxygen. | hydrogen and oxygen
  What is water made of? | What is in water? || Which elements make water?
ice: Frozen water is ice. | ice
  What is frozen water? | What does water become when it freezes? || What do you call frozen water?
steam: It becomes steam. | steam
  What does water become when it boils? | What happens to boiling water? || What do we get from boiling
  water?
boiling: Water boils at one hundred degrees Celsius. | one hundred
  When does water boil? | At what temperature does water boil? || How hot is boiling water?
freezing: Water freezes at zero degrees Celsius. | zero
  When does water freeze? | At what temperature does water freeze? || How cold is freezing water?
sun: The Earth goes around the sun. | sun
  What does the Earth go around? | What does the Earth orbit? || Around what does the Earth move?
earth: The moon goes around the Earth. | earth
  What does the moon go around? | What does the moon orbit? || Around what does the moon move?
jupiter: Jupiter is the largest planet. | jupiter
  What is the largest planet? | Which planet is the biggest? || Which planet is larger than all others?
mercury: Mercury is the smallest planet. | mercury
  What is the smallest planet? | Which planet is the smallest? || Which planet is smaller than all others?
mars: Mars is the red planet. | mars
  What is the red planet? | Which planet is red? || Which planet looks red?
saturn: Saturn is known for its rings. | saturn
  Which planet has big rings? | What planet is known for rings? || Which planet has bright rings?
star: The sun is a star. | star
  What is the sun? | What kind of thing is the sun? || What sort of thing is the sun?
water_light: Plants need water and light. | water and light
  What do plants need? | What do plants need to grow? || What does a plant need to live?
oxygen: Plants give us oxygen. | oxygen
  Which gas do plants give us? | What gas do trees make? || What gas do we get from plants?
blood: The heart pumps blood. | blood
  What does the heart do? | What does the heart pump? || What is the heart for?
lungs: We breathe with our lungs. | lungs
  What do we breathe with? | Which organ do we breathe with? || What do people use to breathe?
brain: We think with our brain. | brain
  What do we think with? | Which organ do we think with? || What do people use to think?
eyes: We see with our eyes. | eyes
  What do we see with? | Which part of us sees? || What do people use to see?
ears: We hear with our ears. | ears
  What do we hear with? | Which part of us hears? || What do people use to hear?
nose: We smell with our nose. | nose
  What do we smell with? | Which part of us smells? || What do people use to smell?
honey: Bees make honey. | honey
  What do bees make? | What do we get from bees? || What food comes from bees?
milk: Cows give us milk. | milk
  What do cows give us? | What do we get from cows? || What drink comes from cows?
eggs: Hens lay eggs. | eggs
  What do hens lay? | What do we get from hens? || What food comes from hens?
sheep: Wool comes from sheep. | sheep
  Where does wool come from? | Which animal gives us wool? || What animal is wool from?
whale: The blue whale is the largest animal. | whale
  What is the largest animal? | Which animal is the biggest? || Which animal is larger than all others?
cheetah: The cheetah is the fastest land animal. | cheetah
  What is the fastest land animal? | Which animal runs the fastest? || Which animal is the best runner?
giraffe: The giraffe is the tallest animal. | giraffe
  What is the tallest animal? | Which animal is the tallest? || Which animal has the longest neck?
everest: Mount Everest is the highest mountain. | everest
  What is the highest mountain? | Which mountain is the highest? || Which mountain is higher than all
  others?
pacific: The Pacific is the largest ocean. | pacific
  What is the largest ocean? | Which ocean is the biggest? || Which ocean is larger than all others?
asia: Asia is the largest continent. | asia
  What is the largest continent? | Which continent is the biggest? || Which continent is larger than all
  others?
east: The sun rises in the east. | east
  Where does the sun rise? | Where does the sun come up? || In which direction is sunrise?
west: The sun sets in the west. | west
  Where does the sun set? | Where does the sun go down? || In which direction is sunset?
magnet: A magnet attracts iron. | iron
  What does a magnet attract? | Which metal does a magnet pull? || What metal sticks to a magnet?
gravity: Gravity makes things fall. | gravity
  What makes things fall? | Why do things fall down? || What pulls things to the ground?
orange: Red and yellow make orange. | orange
  What do red and yellow make? | What color is red and yellow together? || Which color comes from red and
  yellow?
green: Blue and yellow make green. | green
  What do blue and yellow make? | What color is blue and yellow together? || Which color comes from blue
  and yellow?
purple: Red and blue make purple. | purple
  What do red and blue make? | What color is red and blue together? || Which color comes from red and
  blue?
gray: Black and white make gray. | gray
  What do black and white make? | What color is black and white together? || Which color comes from black
  and white?
winter: Winter is the coldest season. | winter
  What is the coldest season? | Which season is the coldest? || Which season has snow and ice?
summer: Summer is the warmest season. | summer
  What is the warmest season? | Which season is the hottest? || Which season has the most sun?
""")

CODE = talks("""
print: Use the print function. | print
  How do I print hello in Python? | How do I show text in Python? || Which Python function shows text?
loop: Use a for loop. | for loop
  How do I repeat something in Python? | How do I go through a list in Python? || What repeats code in Python?
condition: Use an if statement. | if statement
  How do I check a condition in Python? | How do I decide something in Python?
  || What checks a condition in Python?
length: Use the len function, L E N. | len
  How do I get the length of a list? | How do I count the items of a list? || What gives the length of a list?
function: Start with the word def, D E F. | def
  How do I define a function in Python? | How do I write a function?
  || What does a Python function begin with?
comment: Start the line with a hash sign. | hash
  How do I write a comment in Python? | How does a Python comment begin? || What starts a Python comment?
sort: Use the sorted function. | sorted
  How do I sort a list in Python? | How do I put a list in order? || Which Python function sorts a list?
append: Use the append method. | append
  How do I add an item to a list? | How do I make a list longer? || Which list method adds an item?
test: Write a test for it first. | test
  How do I know my code works? | How can I be sure my code is right? || What proves that my code works?
debug: Read the last line of the error first. | last line
  How do I debug my program? | My program crashed, what now? || Where do I start when my code fails?
""")
