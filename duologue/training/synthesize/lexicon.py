"""Everyday words in English, Spanish, French, German and Italian, with the forms that sentences need."""

from dataclasses import dataclass

from duologue.training.synthesize.phrasing import a, table

LANGUAGES = ("en", "es", "fr", "de", "it")

# English | plural | then gender, noun and plural in Spanish | French | German | Italian
_NOUNS = table("""
house | houses | f casa casas | f maison maisons | n Haus Häuser | f casa case
car | cars | m coche coches | f voiture voitures | n Auto Autos | f macchina macchine
book | books | m libro libros | m livre livres | n Buch Bücher | m libro libri
table | tables | f mesa mesas | f table tables | m Tisch Tische | m tavolo tavoli
chair | chairs | f silla sillas | f chaise chaises | m Stuhl Stühle | f sedia sedie
door | doors | f puerta puertas | f porte portes | f Tür Türen | f porta porte
window | windows | f ventana ventanas | f fenêtre fenêtres | n Fenster Fenster | f finestra finestre
dog | dogs | m perro perros | m chien chiens | m Hund Hunde | m cane cani
cat | cats | m gato gatos | m chat chats | f Katze Katzen | m gatto gatti
horse | horses | m caballo caballos | m cheval chevaux | n Pferd Pferde | m cavallo cavalli
bird | birds | m pájaro pájaros | m oiseau oiseaux | m Vogel Vögel | m uccello uccelli
tree | trees | m árbol árboles | m arbre arbres | m Baum Bäume | m albero alberi
flower | flowers | f flor flores | f fleur fleurs | f Blume Blumen | m fiore fiori
garden | gardens | m jardín jardines | m jardin jardins | m Garten Gärten | m giardino giardini
street | streets | f calle calles | f rue rues | f Straße Straßen | f strada strade
city | cities | f ciudad ciudades | f ville villes | f Stadt Städte | f città città
bridge | bridges | m puente puentes | m pont ponts | f Brücke Brücken | m ponte ponti
train | trains | m tren trenes | m train trains | m Zug Züge | m treno treni
bus | buses | m autobús autobuses | m bus bus | m Bus Busse | m autobus autobus
bicycle | bicycles | f bicicleta bicicletas | m vélo vélos | n Fahrrad Fahrräder | f bicicletta biciclette
ticket | tickets | m billete billetes | m billet billets | f Fahrkarte Fahrkarten | m biglietto biglietti
hotel | hotels | m hotel hoteles | m hôtel hôtels | n Hotel Hotels | m albergo alberghi
room | rooms | f habitación habitaciones | f chambre chambres | n Zimmer Zimmer | f camera camere
bed | beds | f cama camas | m lit lits | n Bett Betten | m letto letti
lamp | lamps | f lámpara lámparas | f lampe lampes | f Lampe Lampen | f lampada lampade
key | keys | f llave llaves | f clé clés | m Schlüssel Schlüssel | f chiave chiavi
cup | cups | f taza tazas | f tasse tasses | f Tasse Tassen | f tazza tazze
bottle | bottles | f botella botellas | f bouteille bouteilles | f Flasche Flaschen | f bottiglia bottiglie
apple | apples | f manzana manzanas | f pomme pommes | m Apfel Äpfel | f mela mele
letter | letters | f carta cartas | f lettre lettres | m Brief Briefe | f lettera lettere
picture | pictures | m cuadro cuadros | m tableau tableaux | n Bild Bilder | m quadro quadri
hat | hats | m sombrero sombreros | m chapeau chapeaux | m Hut Hüte | m cappello cappelli
shirt | shirts | f camisa camisas | f chemise chemises | n Hemd Hemden | f camicia camicie
shop | shops | f tienda tiendas | m magasin magasins | m Laden Läden | m negozio negozi
school | schools | f escuela escuelas | f école écoles | f Schule Schulen | f scuola scuole
mirror | mirrors | m espejo espejos | m miroir miroirs | m Spiegel Spiegel | m specchio specchi
""")

# English | Spanish m f | French m f | German | Italian m f
ADJECTIVES = table("""
big | grande grande | grand grande | groß | grande grande
small | pequeño pequeña | petit petite | klein | piccolo piccola
new | nuevo nueva | nouveau nouvelle | neu | nuovo nuova
old | viejo vieja | vieux vieille | alt | vecchio vecchia
beautiful | bonito bonita | beau belle | schön | bello bella
expensive | caro cara | cher chère | teuer | caro cara
red | rojo roja | rouge rouge | rot | rosso rossa
white | blanco blanca | blanc blanche | weiß | bianco bianca
black | negro negra | noir noire | schwarz | nero nera
green | verde verde | vert verte | grün | verde verde
strange | extraño extraña | étrange étrange | seltsam | strano strana
heavy | pesado pesada | lourd lourde | schwer | pesante pesante
""")

NUMBERS = table("""
two | dos | deux | zwei | due
three | tres | trois | drei | tre
four | cuatro | quatre | vier | quattro
five | cinco | cinq | fünf | cinque
six | seis | six | sechs | sei
seven | siete | sept | sieben | sette
eight | ocho | huit | acht | otto
nine | nueve | neuf | neun | nove
ten | diez | dix | zehn | dieci
""")

DAYS = table("""
Monday | lunes | lundi | Montag | lunedì
Tuesday | martes | mardi | Dienstag | martedì
Wednesday | miércoles | mercredi | Mittwoch | mercoledì
Thursday | jueves | jeudi | Donnerstag | giovedì
Friday | viernes | vendredi | Freitag | venerdì
Saturday | sábado | samedi | Samstag | sabato
Sunday | domingo | dimanche | Sonntag | domenica
""")

CITIES = table("""
Rome | Roma | Rome | Rom | Roma
Paris | París | Paris | Paris | Parigi
London | Londres | Londres | London | Londra
Madrid | Madrid | Madrid | Madrid | Madrid
Berlin | Berlín | Berlin | Berlin | Berlino
Vienna | Viena | Vienne | Wien | Vienna
Lisbon | Lisboa | Lisbonne | Lissabon | Lisbona
Athens | Atenas | Athènes | Athen | Atene
Warsaw | Varsovia | Varsovie | Warschau | Varsavia
Moscow | Moscú | Moscou | Moskau | Mosca
Milan | Milán | Milan | Mailand | Milano
Venice | Venecia | Venise | Venedig | Venezia
Geneva | Ginebra | Genève | Genf | Ginevra
Brussels | Bruselas | Bruxelles | Brüssel | Bruxelles
""")

LANGUAGE_NAMES = table("""
English | inglés | anglais | Englisch | inglese
Spanish | español | espagnol | Spanisch | spagnolo
French | francés | français | Französisch | francese
German | alemán | allemand | Deutsch | tedesco
Italian | italiano | italien | Italienisch | italiano
Portuguese | portugués | portugais | Portugiesisch | portoghese
Russian | ruso | russe | Russisch | russo
Greek | griego | grec | Griechisch | greco
Polish | polaco | polonais | Polnisch | polacco
Japanese | japonés | japonais | Japanisch | giapponese
""")

PLACES = table("""
home | a casa | à la maison | nach Hause | a casa
to school | a la escuela | à l'école | zur Schule | a scuola
to the station | a la estación | à la gare | zum Bahnhof | alla stazione
to the market | al mercado | au marché | zum Markt | al mercato
to the beach | a la playa | à la plage | zum Strand | in spiaggia
to the park | al parque | au parc | in den Park | al parco
to the cinema | al cine | au cinéma | ins Kino | al cinema
to the doctor | al médico | chez le médecin | zum Arzt | dal medico
to the hotel | al hotel | à l'hôtel | zum Hotel | in albergo
to the museum | al museo | au musée | ins Museum | al museo
to the bakery | a la panadería | à la boulangerie | zur Bäckerei | in panetteria
to bed | a la cama | au lit | ins Bett | a letto
""")

PHRASES = table("""
Hello. | Hola. | Salut. | Hallo. | Ciao.
Good morning. | Buenos días. | Bonjour. | Guten Morgen. | Buongiorno.
Good evening. | Buenas tardes. | Bonsoir. | Guten Abend. | Buonasera.
Good night. | Buenas noches. | Bonne nuit. | Gute Nacht. | Buonanotte.
Goodbye. | Adiós. | Au revoir. | Auf Wiedersehen. | Arrivederci.
See you tomorrow. | Hasta mañana. | À demain. | Bis morgen. | A domani.
See you soon. | Hasta pronto. | À bientôt. | Bis bald. | A presto.
Thank you. | Gracias. | Merci. | Danke. | Grazie.
Thank you very much. | Muchas gracias. | Merci beaucoup. | Vielen Dank. | Grazie mille.
You are welcome. | De nada. | De rien. | Gern geschehen. | Prego.
Please. | Por favor. | S'il vous plaît. | Bitte. | Per favore.
Excuse me. | Perdón. | Excusez-moi. | Entschuldigung. | Mi scusi.
I am sorry. | Lo siento. | Je suis désolé. | Es tut mir leid. | Mi dispiace.
Yes. | Sí. | Oui. | Ja. | Sì.
No. | No. | Non. | Nein. | No.
How are you? | ¿Cómo estás? | Comment vas-tu ? | Wie geht es dir? | Come stai?
I am fine. | Estoy bien. | Je vais bien. | Mir geht es gut. | Sto bene.
What is your name? | ¿Cómo te llamas? | Comment tu t'appelles ? | Wie heißt du? | Come ti chiami?
Where do you live? | ¿Dónde vives? | Où habites-tu ? | Wo wohnst du? | Dove abiti?
Where are you from? | ¿De dónde eres? | D'où viens-tu ? | Woher kommst du? | Di dove sei?
I do not understand. | No entiendo. | Je ne comprends pas. | Ich verstehe nicht. | Non capisco.
I do not know. | No lo sé. | Je ne sais pas. | Ich weiß es nicht. | Non lo so.
Can you help me? | ¿Puedes ayudarme? | Tu peux m'aider ? | Kannst du mir helfen? | Puoi aiutarmi?
I need help. | Necesito ayuda. | J'ai besoin d'aide. | Ich brauche Hilfe. | Ho bisogno di aiuto.
I am hungry. | Tengo hambre. | J'ai faim. | Ich habe Hunger. | Ho fame.
I am thirsty. | Tengo sed. | J'ai soif. | Ich habe Durst. | Ho sete.
I am cold. | Tengo frío. | J'ai froid. | Mir ist kalt. | Ho freddo.
It is late. | Es tarde. | Il est tard. | Es ist spät. | È tardi.
It is raining. | Llueve. | Il pleut. | Es regnet. | Piove.
It is hot today. | Hoy hace calor. | Il fait chaud aujourd'hui. | Heute ist es heiß. | Oggi fa caldo.
It is cold today. | Hoy hace frío. | Il fait froid aujourd'hui. | Heute ist es kalt. | Oggi fa freddo.
What time is it? | ¿Qué hora es? | Quelle heure est-il ? | Wie spät ist es? | Che ore sono?
How much does it cost? | ¿Cuánto cuesta? | Combien ça coûte ? | Wie viel kostet das? | Quanto costa?
Where is the toilet? | ¿Dónde está el baño? | Où sont les toilettes ? | Wo ist die Toilette? | Dov'è il bagno?
Left. | A la izquierda. | À gauche. | Nach links. | A sinistra.
Right. | A la derecha. | À droite. | Nach rechts. | A destra.
A coffee. | Un café. | Un café. | Einen Kaffee. | Un caffè.
A tea, please. | Un té, por favor. | Un thé, s'il vous plaît. | Einen Tee, bitte. | Un tè, per favore.
I would like water. | Quisiera agua. | Je voudrais de l'eau. | Ich möchte Wasser. | Vorrei acqua.
Very good. | Muy bien. | Très bien. | Sehr gut. | Molto bene.
Good luck. | Buena suerte. | Bonne chance. | Viel Glück. | Buona fortuna.
Happy birthday. | Feliz cumpleaños. | Joyeux anniversaire. | Alles Gute zum Geburtstag. | Buon compleanno.
I love you. | Te quiero. | Je t'aime. | Ich liebe dich. | Ti amo.
Come with me. | Ven conmigo. | Viens avec moi. | Komm mit mir. | Vieni con me.
Wait a moment. | Espera un momento. | Attends un moment. | Warte einen Moment. | Aspetta un momento.
Speak slowly. | Habla despacio. | Parle lentement. | Sprich langsam. | Parla piano.
Enjoy your meal. | Buen provecho. | Bon appétit. | Guten Appetit. | Buon appetito.
Have a good trip. | Buen viaje. | Bon voyage. | Gute Reise. | Buon viaggio.
The sun is shining. | El sol brilla. | Le soleil brille. | Die Sonne scheint. | Il sole splende.
The water is cold. | El agua está fría. | L'eau est froide. | Das Wasser ist kalt. | L'acqua è fredda.
""")

_GERMAN = {  # gender: the, the (accusative), a, a (accusative)
    "m": ("der", "den", "ein", "einen"),
    "f": ("die", "die", "eine", "eine"),
    "n": ("das", "das", "ein", "ein"),
}
_VOWELS = "aeiouéèêh"  # French h is silent in every noun here; no Italian noun here begins with h


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun; `cells` are those of its row of the table, one for English and its plural, one per language."""

    cells: tuple[str, ...]

    def gender(self, language: str) -> str:
        """Return "m", "f" or "n"."""
        return self.cells[LANGUAGES.index(language) + 1].split()[0]

    def forms(self, language: str) -> dict[str, str]:
        """Return the noun with "def"inite and "ind"efinite article, "_acc"usative too, and its "plural"."""
        if language == "en":
            word, plural = self.cells[:2]
            definite, indefinite = f"the {word}", a(word)
            return _forms(definite, definite, indefinite, indefinite, plural)
        gender, word, plural = self.cells[LANGUAGES.index(language) + 1].split()
        if language == "de":
            the, the_acc, one, one_acc = _GERMAN[gender]
            return _forms(f"{the} {word}", f"{the_acc} {word}", f"{one} {word}", f"{one_acc} {word}", plural)
        definite, indefinite = _ARTICLES[language](gender, word)
        return _forms(definite + word, definite + word, indefinite + word, indefinite + word, plural)


def _forms(
    definite: str, definite_acc: str, indefinite: str, indefinite_acc: str, plural: str
) -> dict[str, str]:
    return {
        "def": definite,
        "def_acc": definite_acc,
        "ind": indefinite,
        "ind_acc": indefinite_acc,
        "plural": plural,
    }


def _spanish(gender: str, word: str) -> tuple[str, str]:
    return ("el ", "un ") if gender == "m" else ("la ", "una ")


def _french(gender: str, word: str) -> tuple[str, str]:
    one = "un " if gender == "m" else "une "
    if word[0] in _VOWELS + "ô":
        return "l'", one
    return ("le " if gender == "m" else "la "), one


def _italian(gender: str, word: str) -> tuple[str, str]:
    if word[0] in "aeiou":
        return "l'", "un " if gender == "m" else "un'"
    if gender == "f":
        return "la ", "una "
    hard = word[0] == "z" or (word[0] == "s" and word[1] not in "aeiou")
    return ("lo ", "uno ") if hard else ("il ", "un ")


_ARTICLES = {"es": _spanish, "fr": _french, "it": _italian}


def adjective(index: int, language: str, noun: Noun) -> str:
    """Return the adjective number `index` as it stands after "is" beside the noun."""
    forms = ADJECTIVES[index][LANGUAGES.index(language)].split()
    return forms[-1] if len(forms) > 1 and noun.gender(language) == "f" else forms[0]


NOUNS = tuple(Noun(row) for row in _NOUNS)
