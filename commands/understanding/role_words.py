"""The words beside places, in English, French and Spanish, folded: what they say that a place is to a shipment."""

from commands.understanding.facts import PlaceRole
from commands.understanding.page import vocabulary

SURE = {
    PlaceRole.ORIGIN: """
        from; ex; origin; country of origin; port of origin; pol; load port; port of loading; loading port;
        country of export; country of dispatch; state of export; exported by; originating in; left; departed;
        sailed; sailed from; shipped from; shipped out of; sent from; picked up in; picked up at; coming from;
        came from; comes from; exporter; shipper; sender; last port; last port was; last port of call; en
        provenance de; en provenance du; en provenance des; en provenance d; provenance; provenant de; provenant
        du; provenant des; provenant d; depuis; au depart de; au depart du; au depart d; depart; parti de;
        partie de; charge a; charges a; charge au; origine; pays d origine; port de chargement; venant de;
        venant du; venant d; part de; part du; part d; partira de; partira du; quitte; quittant; expediteur;
        exportateur; venu de; vient de; vient du; vient d; venait de; venait du; venait d; dernier port; port
        precedent; exporte de; exporte du; exporte d; sale de; sale del; salio de; salieron de; zarpo de; zarpa
        de; viene de; vienen de; exportador; expedidor; procede de; proceden de; procedente de; procedentes de;
        procedente del; proveniente de; provenientes de; proveniente del; desde; origen; ultimo puerto; venia
        de; venian de; pais de origen; puerto de carga; puerto de origen; cargado en; cargados en; embarcado en;
        salido de""",
    PlaceRole.DESTINATION: """
        to; into; towards; destined for; destined to; bound for; bound to; headed for; headed to; heading for;
        heading to; en route to; en route for; on its way to; destination; country of destination; country of
        import; state of import; port of destination; pod; port of discharge; discharge port; eta; arriving;
        due; consignee; importer; receiver; discharging at; discharging in; consigned to; onward to; intended
        for; shipped to; next port; next port is; next port of call; final port; final port is; final stop;
        final delivery; reaches; reaching; end up in; ends up in; ending up in; end up at; booked to; booked
        for; booked through to; makes for; sails for; sails to; sailing for; sailing to; entered; enters; cap
        sur; prochain port; prochaine escale; livraison finale a; arrivee prevue a; arrivee prevue au; en
        partance pour; se rend a; se rend au; rendu a; proximo puerto; entre au; entre dans; entrega en; entrega
        final en; llegada prevista a; llegada prevista en; entro en; entra en; a destination de; a destination
        du; a destination des; a destination d; destination finale; destine a; destine au; destinee a; destines
        au; destines a; destines aux; vers; pays de destination; port de destination; port de dechargement; en
        route pour; en route vers; jusqu a; jusqu au; expedie a; expedie au; destinataire; importateur; hacia;
        con destino a; con destino al; con destino en; con destino; con rumbo a; rumbo a; destino; destino
        final; importador; consignatario; destinatario; llega a; llegara a; llegada a; destinado a; destinados
        a; pais de destino; puerto de destino; puerto de descarga; dirigido a; hasta""",
    PlaceRole.TRANSIT: """
        via; transhipped; transshipped; calls; calls at; through; transit; transit port; transit country; in
        transit at; in transit in; in transit through; in transit via; transiting; transiting through;
        transhipped at; transhipped in; transshipped at; transshipped in; transhipment at; transhipment in;
        transhipment; transshipment at; transshipment in; transshipment; calling at; stopover in; stopover at;
        stopped over in; stopped over at; stop over in; stops in; stops at; change at; change in; change of ship
        in; change of ship at; changing ships at; changing ships in; changes ship in; changes ship at; changing
        vessels at; changing vessels in; goes round by; goes by way of; by way of; on the way it calls at;
        reloaded in; reloaded at; relayed in; relayed at; relayed through; passes through; passing through;
        passed through; en transit par; en transit a; en transit au; en transit via; en transit dans; transitant
        par; transite par; transborde a; transborde au; transbordement a; transbordement au; passant par;
        passage par; passe par; passera par; escale a; escale au; arret a; arret au; halte a; halte au; port de
        transit; en transito por; en transito en; en transito; transito por; transito; transbordado en;
        transbordo en; transbordo; escala en; haciendo escala en; pasando por; pasar por; pasa por; paso por;
        parada en""",
    PlaceRole.SEEN: """
        seen at; seen in; seen; found at; found in; held at; held in; detained at; detained in; discovered at;
        discovered in; arrived; reported at; intercepted at; intercepted in; inspected at; inspected in; stopped
        at; stopped in; arrived at; arrived in; seized at; seized in; located at; located in; docked at; docked
        in; berthed at; moored at; spotted at; spotted in; location; place; report from; reports from; reported
        from; greetings from; news from; message from; messages from; photos from; photo from; pictures from;
        picture from; call from; mail from; word from; colleagues from; writing from; reporting from; calling
        from; here in; stored in; stored at; lying in; lying at; vu a; vu au; vu en; vus a; trouve a; trouve au;
        trouve en; retenu a; retenu au; bloque a; bloque au; saisi a; saisi au; decouvert a; decouvert au;
        decouvert en; intercepte a; intercepte au; arrive a; arrive au; lieu; observe a; observe au; stocke a;
        stocke au; entrepose a; entrepose au; a quai a; a quai au; reste a; restes a; signalement de;
        signalement du; signalement d; nouvelles de; nouvelles du; nouvelles d; photos de; photos du; photos d;
        message de; message du; message d; rapport de; rapport du; rapport d; bonjour de; collegues de;
        collegues du; collegues d; visto en; vistos en; vista en; hallado en; encontrado en; detenido en;
        retenido en; interceptado en; aviso de; avisos de; reporte de; informe de; noticias de; mensaje de;
        fotos de; saludos de; saludos desde; noticias desde; informan desde; colegas de; almacenado en; fondeado
        en; atracado en; parado en; inmovilizado en; llegado a; llego a; llegaron a; descubierto en; lugar;
        ubicacion""",
}
"""Phrases, divided by semicolons, after which a place of this role follows."""

USUAL = {
    PlaceRole.SEEN: """
        at; in; near; off; anchored off; alongside; inside; outside; en; dans; pres de; cerca de; frente a; au
        large de; au large d; au large du; en el muelle de; en el muelle sur de; en el muelle norte de""",
    PlaceRole.DESTINATION: """
        for; pour; para""",
    PlaceRole.TRANSIT: """
        par; por""",
}
"""Phrases after which a place follows more often than not."""

NEAR = {
    PlaceRole.ORIGIN: """
        loaded loading exporter shipper notifier stuffed seller generator expediteur exportateur charge charges
        exported chargee chargees embarque notifiant exportador expedidor cargado cargados embarcado notificador
        vendedor origin originated""",
    PlaceRole.DESTINATION: """
        consignee importer receiver buyer discharge discharged unload unloaded unloading arriving due expected
        destinataire importateur dechargement decharge decharger attendu attendus attendue prevu prevue acheteur
        consignatario importador descarga descargado descargar esperado prevista previsto comprador destinatario
        delivery delivered deliver arrives arrive arrivera arriver arriveront reach llegara llega llegaran
        decharges dechargee dechargees debarque debarques debarquee debarquees debarquer livre livres livree
        livrees livrer livraison revendu revendus revendue revendues accoster entregarse entregado entregada
        entregados entregara entregar espera esperan esperada esperados desembarcar desembarcado desembarcados""",
    PlaceRole.TRANSIT: """
        transhipped transshipped transhipment transshipment transit stopover escale transborde transbordement
        transbordo transbordado transito escala relay reload reloaded stop stops""",
}
"""Words that say the role of a place a few words on: "consignee in", "livraison à"."""

# "the customs of Ghana", "la douane de Tema": the place belongs to somebody, nothing moves.
BODIES = vocabulary(
    """autorite autorites douane douanes police ministere agence ville gouvernement republique ambassade capitainerie
    region gendarmerie prefecture bureau capitale inspection inspecteurs consulat
    autoridad autoridades aduana aduanas policia ministerio agencia ciudad gobierno republica embajada capitania
    inspeccion inspectores bandera pabellon pavillon drapeau norte sur nord sud est ouest este oeste
    golfe golfo baie bahia cote costa mer mar loi ley"""
)
# "registered in Panama", "returned to Belgium", "flag of Liberia": no leg of this journey.
NO_LEG = vocabulary(
    """registered registree enregistre registrado registrada based returned return returning back belonging according
    linked related company firm offices flagged incorporated known similar due pertenece renvoye renvoi retour retourne
    refuse refusee refused refuses rejected by signe signee signed informe accuse envoye saisi rechazado rechazada
    firmado informado enviado
    devuelto devuelta devolucion basee base societe entreprise empresa compared reported report thanks"""
)
AFTER = {
    **dict.fromkeys(
        ("port of discharge", "discharge port", "port of destination", "destination", "final destination", "consignee",
         "pod", "port de dechargement", "port de destination", "destination finale", "puerto de descarga",
         "puerto de destino", "destino", "destino final"),
        PlaceRole.DESTINATION,
    ),
    **dict.fromkeys(
        ("port of loading", "pol", "load port", "loading port", "port of origin", "origin", "country of origin",
         "port de chargement", "origine", "pays d origine", "puerto de carga", "origen", "pais de origen"),
        PlaceRole.ORIGIN,
    ),
    **dict.fromkeys(
        ("transit", "transito", "transhipment", "transit port", "port of transit", "port de transit",
         "puerto de transito"),
        PlaceRole.TRANSIT,
    ),
}  # fmt: skip
"""What may be said after a place: "Monrovia as port of discharge"."""

TO_COME = vocabulary(
    """will shall should must doit doivent devait devaient devrait devraient sera seront serait va vont prevoit debe
    deben debia deberia sera seran va van"""
)
"""What is said of what has not happened yet: a place that follows is where it goes."""

LOOKED_INTO = vocabulary(
    """inspected inspect checked check opened open examined held hold sampled scanned weighed searched seized controle
    controles controler inspecte inspectes inspecter ouvert ouverts ouvrir examine retenu bloque saisi pese scanne
    fouille inspeccionado inspeccionar abierto abrir revisado revisar retenido pesado detenido"""
)
"""What is done where it is already."""
