"""Words in what an official wrote that speak for an indicator, in English, French and Spanish."""

import re
from enum import Enum

from storage.reference.text import key

_NOT = frozenset(
    ("no", "not", "without", "none", "never", "nor", "pas", "sans", "aucun", "aucune", "ni", "sin", "ningun", "jamais")
)
_REACH = 3
"""Words before a word that may deny it: "no sign of leaks"."""


class Said(Enum):
    """What a text says of something."""

    YES = "yes"
    NO = "no"
    NOTHING = "nothing"


def _table(*phrases: str) -> re.Pattern[str]:
    keys = sorted({key(phrase) for line in phrases for phrase in line.split(",") if key(phrase)}, key=len, reverse=True)
    return re.compile("(?<= )(?:" + "|".join(map(re.escape, keys)) + ")(?= )")


ODOUR = _table(
    "odour, odours, odor, odors, smell, smells, smelling, stench, leak, leaks, leaking, leaked, leakage, dripping",
    "odeur, odeurs, puanteur, fuite, fuites, fuit, coule, coulent, suintement, ecoulement",
    "olor, olores, hedor, huele, fuga, fugas, derrame, derrames, gotea, gotean, goteo, filtracion",
)
CONCEALED = _table(
    "double layer, double layered, double layering, false label, false labels, mislabelled, mislabeled, relabelled",
    "hidden behind, concealed, mixed with waste, false bottom, cover load",
    "double fond, fausse etiquette, fausses etiquettes, fausse declaration, dissimule, dissimules, cache derriere",
    "doble fondo, etiqueta falsa, etiquetas falsas, ocultado, ocultos, oculto, escondido, escondidos, reetiquetado",
)
CONSIGNEE = _table(
    "change of consignee, consignee changed, consignee was changed, new consignee, consignee amended",
    "changement de destinataire, destinataire change, destinataire modifie, nouveau destinataire",
    "cambio de consignatario, cambio de destinatario, consignatario cambiado, nuevo consignatario",
)
FREE_ZONE = _table("free zone, free port, freeport, free trade zone", "zone franche, port franc", "zona franca")
RESIDENCE = _table(
    "residential address, private address, private house, address is a residence, address is a house, home address",
    "adresse privee, adresse residentielle, domicile prive, adresse est une habitation",
    "direccion particular, domicilio particular, vivienda particular, direccion residencial",
)
NEWCOMER = _table(
    "first shipment, newly registered, new company, newly founded, no experience, little experience, unknown company",
    "premiere expedition, societe nouvelle, nouvelle societe, recemment creee, sans experience, peu d experience",
    "primer envio, empresa nueva, nueva empresa, recien creada, sin experiencia, poca experiencia",
)
FACILITY = _table(
    "facility not authorised, facility not authorized, unauthorised facility, unauthorized facility, no permit",
    "unlicensed facility, facility without permit, facility has no permit, facility does not exist",
    "installation non autorisee, sans autorisation, installation inexistante",
    "instalacion no autorizada, sin autorizacion, instalacion inexistente",
)
NO_ANNEX_VII = _table(
    "no annex vii, annex vii missing, without annex vii, annex vii inconsistent, missing annex vii",
    "pas d annexe vii, sans annexe vii, annexe vii manquante, annexe vii incoherente, annexe vii incomplete",
    "sin anexo vii, falta el anexo vii, anexo vii incompleto, anexo vii incoherente",
)
UNTESTED = _table(
    "untested, not tested, no test, no tests, no functionality test, without functionality test, without testing",
    "not packed, no packaging, unpackaged, no invoice, without invoice, without packaging, not working, broken",
    "non teste, non testes, non testees, sans test, pas de test, sans facture, sans emballage, hors service, casses",
    "sin probar, sin prueba, sin pruebas, no probados, sin factura, sin embalaje, no funciona, no funcionan, rotos",
)
TESTED = _table(
    "tested, functionality test, functionality tests, test report, test reports, test certificate, test certificates",
    "teste, testes, testees, rapport de test, test de fonctionnement, certificat de test",
    "probado, probados, informe de prueba, prueba de funcionamiento, certificado de prueba",
)
USED = _table(
    "used, second hand, secondhand, refurbished, old",
    "d occasion, usage, usages, usagees, occasion, reconditionnes",
    "usado, usados, usada, usadas, de segunda mano, reacondicionados",
)
ELECTRICAL = _table(
    "e waste, weee, electronic, electronics, electrical, computers, computer, monitors, monitor, televisions, tvs, tv",
    "fridges, refrigerators, refrigerator, air conditioners, phones, mobile phones, printers, appliances, laptops",
    "deee, d3e, electronique, electroniques, electriques, ordinateurs, televiseurs, ecrans, refrigerateurs, frigos",
    "telephones, imprimantes, electromenager",
    "raee, electronicos, electronica, electricos, ordenadores, computadoras, televisores, pantallas, refrigeradores",
    "neveras, telefonos, impresoras, electrodomesticos",
)
BATTERIES = _table(
    "battery, batteries, accumulators", "batterie, piles, accumulateurs", "bateria, baterias, pilas, acumuladores"
)
CRT = _table(
    "crt, crts, cathode ray tube, cathode ray tubes, picture tubes",
    "tube cathodique, tubes cathodiques, ecrans cathodiques",
    "tubo de rayos catodicos, tubos de rayos catodicos, trc",
)
PLASTIC = _table("plastic, plastics", "plastique, plastiques, matieres plastiques", "plastico, plasticos")
METAL = _table(
    "metal, metals, scrap, scrap metal, iron, steel, aluminium, copper",
    "metaux, metal, ferraille, ferrailles, fer, acier, cuivre, dechets metalliques",
    "metal, metales, chatarra, hierro, acero, aluminio, cobre",
)
VEHICLES = _table(
    "vehicle, vehicles, cars, car parts, auto parts, engines, end of life vehicles, tyres, tires",
    "vehicule, vehicules, voitures, pieces automobiles, pieces auto, moteurs, vhu, pneus",
    "vehiculo, vehiculos, coches, autopartes, piezas de automovil, motores, neumaticos, llantas",
)
PAPER = _table("paper, waste paper, cardboard", "papier, papiers, carton, cartons", "papel, carton, papel usado")
VAGUE = _table(
    "goods, household goods, household effects, personal effects, mixed goods, used goods, general cargo, various",
    "miscellaneous, sundry, spare parts, scrap, recyclables, materials, second hand goods, as per documents",
    "effets personnels, marchandises diverses, divers, pieces detachees, biens d occasion, marchandises",
    "efectos personales, enseres, mercancias varias, varios, mercancia general, repuestos, mercancias",
)


def said(table: re.Pattern[str], words: str) -> tuple[Said, str]:
    """Return what folded words (with a space at both ends) say of the phrases of a table, and the first that does.

    A phrase behind "no", "sans" or "sin" is denied; one that is also said plainly counts as said.
    """
    denied = ""
    for found in table.finditer(words):
        before = words[: found.start()].split()[-_REACH:]
        if not _NOT.intersection(before):
            return Said.YES, found[0]
        denied = denied or found[0]
    return (Said.NO, denied) if denied else (Said.NOTHING, "")


def is_all(table: re.Pattern[str], words: str) -> bool:
    """Whether folded words are nothing but phrases of the table, the word "used" and its like left out."""
    rest = USED.sub("", table.sub("", USED.sub("", f" {words.strip()} ")))
    return not [word for word in rest.split() if word not in {"and", "of", "et", "de", "y", "various", "mixed"}]
