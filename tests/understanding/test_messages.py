"""What is found in the messages of officials, in English, French and Spanish."""

import pytest

from commands.understanding import understand
from tests.understanding.saying import TODAY, said

MESSAGES: list[tuple[str, list[str]]] = [
    (
        "Container CSQU 305438-3 seen at Tema, declared as second-hand TVs, from Antwerp to Ghana, 18 t, A1180",
        [
            "container CSQU3054383",
            "port GHTEM seen",
            "declared SECOND-HAND TVS",
            "port BEANR origin",
            "country GH destination",
            "quantity 18 t",
            "basel A1180 ?expired code",
        ],
    ),
    (
        "csqu3054383 and msku 123 456 7 from Rotterdam via Tanger Med to Lagos, Nigeria",
        [
            "container CSQU3054383",
            "container MSKU1234567 ?check digit",
            "port NLRTM origin",
            "port MAPTM transit",
            "port NGLOS destination",
            "country NG destination",
        ],
    ),
    (
        "MV Ever Given IMO 9811000 arriving in Felixstowe 22/11/2026 with 144,313 pcs of e-waste, HS 8549.21",
        [
            "vessel EVER GIVEN",
            "vessel IMO9811000",
            "port GBFXT destination",
            "date 2026-11-22",
            "quantity 144313 pcs",
            "hs 854921",
        ],
    ),
    (
        "2 x 40ft from NLRTM to GHTEM, B1110, 12.11.2026",
        [
            "quantity 2 containers",
            "port NLRTM origin",
            "port GHTEM destination",
            "basel B1110 ?expired code",
            "date 2026-11-12 ?ambiguous",
        ],
    ),
    (
        "POL: Hamburg POD: Apapa, ETA 3 Dec 2026, 500 pieces",
        ["port DEHAM origin", "port NGAPP destination", "date 2026-12-03", "quantity 500 pcs"],
    ),
    (
        "WASTE SEEN IN TEMA PORT, CONTAINER MSCU1234566, FROM ANTWERP TO GHANA",
        ["port GHTEM seen", "container MSCU1234566", "port BEANR origin", "country GH destination"],
    ),
    ("from roterdam to ghanna", ["port NLRTM origin", "country GH destination ?guessed"]),
    (
        "The Ghanaian customs and Dutch police found waste at Takoradi",
        ["country GH ?guessed", "country NL ?guessed", "port GHTKD seen"],
    ),
    ("Antwerp -> Tanger Med -> Tema", ["port BEANR origin", "port MAPTM transit", "port GHTEM destination"]),
    ("turkey meat in a container from UK to china", ["country GB origin", "country CN destination"]),
    ("from GH to NL", ["country GH origin", "country NL destination"]),
    ("NL-GH, 3 containers", ["country NL origin", "country GH destination", "quantity 3 containers"]),
    ("ship was held at Newcastle", ["port AUNTL seen ?ambiguous"]),
    ("ship was held at Newcastle, Australia", ["port AUNTL seen", "country AU seen"]),
    (
        "consignee in Lagos, exporter in Belgium, transhipped at Algeciras",
        ["port NGLOS destination", "country BE origin", "port ESALG transit"],
    ),
    ("is it due to arrive at the port of Durban tomorrow?", ["port ZADUR destination", "date 2026-11-23"]),
    (
        "Tema port police called: TGHU 123.456.7 full of CRT monitors, shipper in Hamburg, bound for Tema then Accra.",
        ["container TGHU1234567", "port DEHAM origin", "port GHTEM destination", "port GHACC destination"],
    ),
    (
        'OOLU/998877/1, loaded in Felixstowe, declared as "used household goods", HS 8528.72',
        [
            "container OOLU9988771 ?check digit",
            "port GBFXT origin",
            "declared USED HOUSEHOLD GOODS",
            "hs 852872",
        ],
    ),
    (
        "We stopped a truck near Antwerp with 12 m3 of waste oil; code Y9, A3020. Driver is Polish.",
        ["port BEANR seen", "quantity 12 m3", "basel Y9", "basel A3020", "country PL ?guessed"],
    ),
    (
        "25,000 kg declared as plastic scrap (HS 3915.90) ex Durban to Chittagong via Singapore and Colombo",
        [
            "quantity 25000 kg",
            "declared PLASTIC SCRAP",
            "hs 391590",
            "port ZADUR origin",
            "port BDCGP destination",
            "port SGSIN transit",
            "port LKCMB transit",
        ],
    ),
    (
        "Returned to Belgium on 12 Nov 2026: container HLXU 876543 2",
        ["country BE", "date 2026-11-12", "container HLXU8765432 ?check digit"],
    ),
    (
        "can someone at EPA Ghana confirm receipt? I will be in the office today until 18:00",
        ["country GH", "date 2026-11-22"],
    ),
    ("Please call me at night, in the morning I am at customs. Waste in the hold.", []),
    ("See you in Nice next week", []),
    (
        "The vessel Mobile Pride left Mobile for Bar",
        ["vessel MOBILE PRIDE", "port USMOB origin", "port MEBAR destination"],
    ),
    ("What is the state of A-2026-0001?", []),
    (
        "Meeting on 3/4/2026 about Demeter IX: 338 seizures, 17,486 t and 144,313 pieces",
        ["date 2026-04-03 ?ambiguous", "quantity 17486 t ?ambiguous", "quantity 144313 pcs"],
    ),
    ("Phone +233 20 123 4567, fax 00 31 20 01 23 45, ref 2026/123456", []),
    ("Invoice USD 3915.10, 8549.21 on the B/L MEDU1234567", ["hs 854921", "container MEDU1234567 ?check digit"]),
    ("EWC 16 02 13*, R4, D10, UN 2794 class 8", ["ewc 160213"]),
    ("EWC: 990199*", ["ewc 990199 ?unknown code"]),
    ("LoW 17 04 11 and ewc 191212", ["ewc 170411", "ewc 191212"]),
    (
        "Basel A9999 and code B1234, y47, A1010 and a1180.",
        [
            "basel A9999 ?unknown code",
            "basel B1234 ?unknown code",
            "basel Y47",
            "basel A1010",
            "basel A1180 ?expired code",
        ],
    ),
    ("HS code 8548.10 was on the papers, HS 7404, hs:7204.49.00", ["hs 854810 ?unknown code", "hs 7404", "hs 720449"]),
    ("IMO9811001 and IMO 0000000 and 9811000", ["vessel IMO9811001 ?check digit"]),
    ("GH TEM to NL RTM", ["port GHTEM origin", "port NLRTM destination"]),
    (
        "THIS CARGO CONTAINS WASTE PAPER AND SCRAP FROM SPAIN TO INDIA VIA COLOMBO, MV EVER GIVEN, IN TRANSIT",
        ["country ES origin", "country IN destination", "port LKCMB transit", "vessel EVER GIVEN"],
    ),
    (
        "Shipment from the Netherlands (Rotterdam) to Nigeria (Lagos / Apapa) through Tangier Med",
        [
            "country NL origin",
            "port NLRTM origin",
            "country NG destination",
            "port NGLOS destination",
            "port NGAPP destination",
            "port MAPTM transit",
        ],
    ),
    (
        "containers went from Salerno to Sousse (Tunisia), 7,900 tonnes, Y46",
        [
            "port ITSAL origin",
            "port TNSUS destination",
            "country TN destination",
            "quantity 7900 t ?ambiguous",
            "basel Y46",
        ],
    ),
    ("from UK, to US, via UAE", ["country GB origin", "country US destination", "country AE transit"]),
    ("in us we trust; it is for us", []),
    ("Congo waste from Kinshasa", ["country CG ?ambiguous", "port CDFIH origin"]),
    ("The A4 paper, B52 and Y2K, 5 G network", []),
    ("mv probo koala from amsterdam to abidjan", ["vessel PROBO KOALA", "port NLAMS origin", "port CIABJ destination"]),
    (
        "Philippines received 103 containers from Canada; 69 went back to Vancouver on M/V Bavaria",
        ["country PH", "quantity 103 containers", "country CA origin", "port CAVAN", "vessel BAVARIA"],
    ),
    ("MSKU 123456 is half a number, your 1234567 is none", []),
    (
        "Container was transhipped in Port Klang on 1 Nov; now in Port Said",
        ["port MYPKG transit", "date 2026-11-01 ?guessed", "port EGPSD seen"],
    ),
    (
        "MSKU 305438-3 en provenance du Havre à destination de Cotonou, 18,5 tonnes (16 06 01*), vu hier à Abidjan",
        [
            "container MSKU3054383 ?check digit",
            "port FRLEH origin",
            "port BJCOO destination",
            "quantity 18.5 t",
            "ewc 160601",
            "date 2026-11-21",
            "port CIABJ seen",
        ],
    ),
    (
        "De Rotterdam à Tema via Algésiras, navire Probo Koala, 528 m3 de déchets, code Y46",
        [
            "port NLRTM origin",
            "port GHTEM destination",
            "port ESALG transit",
            "vessel PROBO KOALA",
            "quantity 528 m3",
            "basel Y46",
        ],
    ),
    ("Du navire Ever Given à Marseille, 12 novembre 2026", ["vessel EVER GIVEN", "port FRMRS seen", "date 2026-11-12"]),
    (
        "il y a 18 000 kg de pneus de Bruxelles vers le Sénégal",
        ["quantity 18000 kg", "port BEBRU origin", "country SN destination"],
    ),
    (
        "MEDU 123456-7 est arrivé à Dakar le 3 novembre, 26 t de pneus, exportateur en Italie, destinataire au Mali",
        [
            "container MEDU1234567 ?check digit",
            "port SNDKR seen",
            "date 2026-11-03 ?guessed",
            "quantity 26 t",
            "country IT origin",
            "country ML destination",
        ],
    ),
    (
        'Navire "MSC Zoe" (OMI 9703318) attendu à Lomé demain en provenance d\'Anvers, escale à Las Palmas',
        [
            "vessel MSC ZOE",
            "vessel IMO9703318",
            "port TGLFW destination",
            "date 2026-11-23",
            "port BEANR origin",
            "port ESLPA transit",
        ],
    ),
    (
        "Les douanes du Havre ont intercepté 2 conteneurs de DEEE pour le Ghana, code 20 01 35*, B1110 sur papier",
        ["port FRLEH", "quantity 2 containers", "country GH destination", "ewc 200135", "basel B1110 ?expired code"],
    ),
    (
        "Saisi à Marseille: 18 500 kg de plastiques, Y48, provenant d'Italie vers la Turquie",
        ["port FRMRS seen", "quantity 18500 kg", "basel Y48", "country IT origin", "country TR destination"],
    ),
    (
        "La police néerlandaise signale un envoi depuis Rotterdam vers la Côte d'Ivoire",
        ["country NL ?guessed", "port NLRTM origin", "country CI destination"],
    ),
    ("La réunion du 12 décembre 2026 avec Maurice et Dominique", ["date 2026-12-12"]),
    (
        "TGHU 765432 1 desde Valencia hacia Haina, República Dominicana, 18.500 kg, LER 160601*, ayer en Cartagena",
        [
            "container TGHU7654321 ?check digit",
            "port ESVLC origin",
            "port DOHAI destination",
            "country DO destination",
            "quantity 18500 kg",
            "ewc 160601",
            "date 2026-11-21",
            "port COCTG seen ?ambiguous",
        ],
    ),
    (
        "dos contenedores desde España hacia Perú, vía Panamá, 45 unidades, 22 de noviembre de 2026",
        [
            "quantity 2 containers",
            "country ES origin",
            "country PE destination",
            "country PA transit",
            "quantity 45 pcs",
            "date 2026-11-22",
        ],
    ),
    (
        "En Montevideo contenedor CMAU 234567-8 con 22,5 toneladas de baterías, origen Panamá, destino Corea del Sur",
        [
            "port UYMVD seen",
            "container CMAU2345678 ?check digit",
            "quantity 22.5 t",
            "country PA origin",
            "country KR destination",
        ],
    ),
    (
        "Buque MSC Flaminia, IMO: 9225615, salió de Charleston con rumbo a Amberes",
        ["vessel MSC FLAMINIA", "vessel IMO9225615", "port USCHS origin", "port BEANR destination"],
    ),
    (
        "Aduana de Haina: residuos eléctricos desde Estados Unidos hacia República Dominicana, 1.200 piezas",
        ["port DOHAI", "country US origin", "country DO destination", "quantity 1200 pcs"],
    ),
    ("El tema del contenedor sigue abierto", []),
    (
        "Mercancía procedente de Bélgica, vía Algeciras, llegará a Cotonou el 5 de diciembre",
        ["country BE origin", "port ESALG transit", "port BJCOO destination", "date 2026-12-05 ?guessed"],
    ),
    (
        "encontrado en el puerto de Callao, Perú. Exportador en EE.UU.",
        ["port PECLL seen", "country PE seen", "country US origin"],
    ),
    (
        "18t or 18,5 t or 18.500,5 kg or 1.234 t or 1 200 000 pcs or 2x20ft or 5 l",
        [
            "quantity 18 t",
            "quantity 18.5 t",
            "quantity 18500.5 kg",
            "quantity 1.234 t ?ambiguous",
            "quantity 1200000 pcs",
            "quantity 2 containers",
            "quantity 5 l",
        ],
    ),
    (
        "seen on 31/02/2026, 11/23/2026, 22nd October 2026, 1er décembre 2026, aujourd'hui",
        ["date 2026-11-23", "date 2026-10-22", "date 2026-12-01", "date 2026-11-22"],
    ),
    ("20 01 26 might be a day, 16 06 01 is not", ["ewc 200126 ?guessed", "ewc 160601"]),
]


@pytest.mark.parametrize(("text", "expected"), MESSAGES, ids=[text[:40] for text, _ in MESSAGES])
def test_messages(text: str, expected: list[str]) -> None:
    assert [said(found) for found in understand(text, today=TODAY).findings] == expected
