"""The words beside places, in English, French and Spanish, folded: what they say that a place is to a shipment."""

from commands.understanding.facts import PlaceRole
from commands.understanding.page import vocabulary

SURE = {
    PlaceRole.ORIGIN: """
        parti de chez nous; partis de chez nous; mis a bord a; mise a bord a; pris en charge a; achete a;
        achetes a; lo subieron en; la subieron en; los subieron en; subieron en; subido en; subida en; compraron
        en; compraron a; comprada en; bought in; bought from; purchased in; put on board at; put on board in;
        from; ex; origin; country of origin; port of origin; pol; load port; port of loading; loading port; country of
        export; country of dispatch; state of export; exported by; originating in; left; departed; sailed; sailed
        from; shipped from; shipped out of; sent from; picked up in; picked up at; coming from; came from; comes from;
        exporter; shipper; sender; last port; last port was; last port of call; en provenance de; en provenance du; en
        provenance des; en provenance d; provenance; provenant de; provenant du; provenant des; provenant d; depuis;
        au depart de; au depart du; au depart d; depart; parti de; partie de; charge a; charges a; charge au; origine;
        pays d origine; port de chargement; venant de; venant du; venant d; part de; part du; part d; partira de;
        partira du; quitte; quittant; expediteur; exportateur; venu de; vient de; vient du; vient d; venait de; venait
        du; venait d; dernier port; port precedent; exporte de; exporte du; exporte d; sale de; sale del; salio de;
        salieron de; zarpo de; zarpa de; viene de; vienen de; exportador; expedidor; procede de; proceden de;
        procedente de; procedentes de; procedente del; proveniente de; provenientes de; proveniente del; desde;
        origen; ultimo puerto; venia de; venian de; pais de origen; puerto de carga; puerto de origen; cargado en;
        cargados en; embarcado en; salido de; etd; atd; dep; departure; departure port; port of departure; place of
        departure; place of receipt; port of lading; loaded; stuffed; loaded on board at; loading at; loading in;
        goods from; out of; sailed out of; sailed ex; starts in; started in; started from; starting from; leaves;
        leaving; departs; departs from; departed from; left from; seller in; supplier in; generator; producer;
        dispatched from; despatched from; exported from; export; export from; sold by; orig; originates in; originates
        from; originated in; made in; previous port; previous port of call; port of export; on the way from; on its
        way from; on her way from; en venant de; sorti de; sorti du; parti d; partis de; parties de; parti du; partie
        du; parti depuis; partant de; partant du; au depart des; charge en; charge chez; embarquement; embarquement a;
        embarquement au; port d embarquement; port de depart; port d origine; pays d exportation; lieu de chargement;
        lieu de depart; chargement a; chargement au; fournisseur; chargeur; a quitte; ont quitte; vien de; viens de;
        viennent de; viennent du; viennent d; venus de; venus du; venus d; venue de; venue du; venue d; venues de;
        arrive de; arrive du; arrive d; arrivant de; arrivant du; arrivant d; prov; appareille de; appareille du;
        appareillage; exportateur a; expediteur a; procedencia; proviene de; provienen de; provenia de; parte de;
        partio de; partio desde; partieron de; salio desde; salieron desde; salieron d; salio d; salio del; saliendo
        de; sale desde; salida; salida de; salida desde; zarpo desde; zarparon de; zarpo del; zarpando de; llega de;
        llegado de; llego de; de origen; embarque en; embarque desde; embarque; puerto de embarque; puerto de salida;
        pais de exportacion; lugar de carga; carga en; cargamento de; remitente; proveedor; cargador; lo embarcaron
        en; lo cargaron en; la cargaron en; los cargaron en; cargaron en; embarcaron en; comprado en; traido de;
        traido desde; traidos de; traida de; exportacion; vino de; vinieron de; vien d; venant des; puerto anterior;
        route; routing; rotation; itinerary; itineraire; trajet; itinerario; ruta; recorrido; route is; route was; the
        route""",
    PlaceRole.DESTINATION: """
        going back to; goes back to; go back to; is returning to; sails back to; will return to; sent back to;
        shipped back to; should have been; should have gone to; supposed to go to; intended for; wants to go to;
        final; envoie tout sur; envoie tout a; envoie sur; envoient sur; envoye sur; expedie sur; expedies sur;
        descend a; descend sur; descendent a; allait a; allait au; allait en; allait vers; allait sur; partait
        pour; pas encore vu a; pas encore vus a; pas encore arrive a; jamais arrive a; jamais arrives a; jamais
        vu a; not yet seen in; not yet seen at; never arrived in; never arrived at; never reached; not yet
        arrived in; not yet arrived at; did not arrive in; did not arrive at; has not reached; nunca llego a;
        nunca llegaron a; no llego a; no ha llegado a; aun no llega a; todavia no llega a; entrega; sigue por
        tierra a; siguen por tierra a; sigue en camion a; sigue por carretera a; destino segun papeles; destino
        segun documentos; destino segun el manifiesto; destination selon les papiers; destination per papers;
        destination per manifest;
        reparti sur; reparti pour; reparti vers; repartie pour; repartie vers; repartis sur; repartis pour; repartis
        vers; instead of; au lieu de; au lieu du; au lieu d; en lugar de; en vez de;
        to; into; towards; destined for; destined to; bound for; way back to;
        bound to; headed for; headed to; heading for; heading
        to; en route to; en route for; on its way to; destination; country of destination; country of import; state of
        import; port of destination; pod; port of discharge; discharge port; eta; arriving; due; consignee; importer;
        receiver; discharging at; discharging in; consigned to; onward to; intended for; shipped to; next port; next
        port is; next port of call; final port; final port is; final stop; final delivery; reaches; reaching; end up
        in; ends up in; ending up in; end up at; booked to; booked for; booked through to; makes for; sails for; sails
        to; sailing for; sailing to; entered; enters; cap sur; prochain port; prochaine escale; livraison finale a;
        arrivee prevue a; arrivee prevue au; en partance pour; se rend a; se rend au; rendu a; proximo puerto; entre
        au; entre dans; entrega en; entrega final en; llegada prevista a; llegada prevista en; entro en; entra en; a
        destination de; a destination du; a destination des; a destination d; destination finale; destine a; destine
        au; destinee a; destines au; destines a; destines aux; vers; pays de destination; port de destination; port de
        dechargement; en route pour; en route vers; jusqu a; jusqu au; expedie a; expedie au; destinataire;
        importateur; hacia; con destino a; con destino al; con destino en; con destino; con rumbo a; rumbo a; destino;
        destino final; importador; consignatario; destinatario; llega a; llegara a; llegada a; destinado a; destinados
        a; pais de destino; puerto de destino; puerto de descarga; dirigido a; hasta; dest; dest port; final dest;
        final destination; place of delivery; port of unloading; port of arrival; port of import; on way to; on the
        way to; on her way to; on his way to; its way to; on to; off to; goes to; going to; go to; goes on to; went on
        to; continues to; continuing to; proceeds to; proceeding to; onwards to; forwarded to; moved on to; routed to;
        meant for; scheduled for; earmarked for; addressed to; delivered to; sent to; sold to; consigned for;
        manifested for; manifested to; booked on to; discharge at; discharge in; to be discharged at; to be discharged
        in; to be unloaded at; to be unloaded in; to be landed at; to be delivered to; to be delivered in; to be
        delivered at; due in; due at; due into; expected in; expected at; eta at; arriving at; arriving in; arrival
        at; arrival in; arrival; arrives in; arrives at; next call; next stop; next calls at; import; import to;
        import into; imported to; imported into; exported to; exporting to; export to; importer in; buyer in; buyer;
        customer in; notify party in; receiver in; inbound to; inbound for; leaves for; leaving for; left for; sailed
        for; sailed to; departed for; bringing it to; buyers in; en route; heading; bound; a livrer a; a livrer au; a
        livrer en; a decharger a; a decharger au; livraison a; livraison au; livraison en; livraison; arrivee;
        arrivera a; arrivera au; arrivent a; accoste a; accostera a; accostera au; touche; destination du port de;
        dest finale; direction; en direction de; en direction du; en direction d; continue sur; continue vers;
        continue a; continue pour; continuera vers; continuera sur; continuent vers; repart pour; repart vers; repart
        sur; repartent pour; repartent vers; repartent sur; repartira vers; repartira sur; repartira pour; part pour;
        part vers; partent pour; partira pour; partira vers; parti pour; parti vers; partie pour; fait route vers;
        fait route sur; fait route pour; se dirige vers; va a; va au; va en; va vers; va sur; vont a; vont au; vont
        vers; iront a; ira a; doit aller a; doit aller au; devait aller a; devait aller au; devaient aller a; retour
        vers; retour a; retour sur; retourne vers; renvoi vers; envoye a; envoye vers; envoye en; envoyes vers;
        envoyes a; reexpedie vers; reexpedie a; pays d importation; pays importateur; port d arrivee; port de
        livraison; port d importation; lieu de livraison; acheteur; client; debarquement; debarquement a; debarquement
        au; debarquement prevu a; debarquement prevu au; dechargement; dechargement a; dechargement au; dechargement
        prevu a; dechargement prevu au; attendu a; attendu au; attendus a; attendue a; attendue au; attendues a; pa;
        van a; iba a; iban a; va para; van para; iba para; va hacia; va pa; sigue a; sigue hacia; sigue para; sigue
        rumbo a; siguen a; siguen hacia; seguir a; seguir hacia; seguira a; seguira hacia; continua a; continua hacia;
        continua para; continua rumbo a; continuara hacia; con direccion a; direccion a; direccion; en ruta a; en ruta
        hacia; camino a; camino de; con rumbo; rumbo; consignado a; consignada a; consignados a; consignado en;
        comprador; comprador en; cliente en; importador en; consignatario en; destinatario en; llegan a; llegaran a;
        llegando a; arribara a; arriba a; arribo; arribo a; arribo previsto a; atracara en; desembarque; desembarque
        en; descarga en; descarga; puerto de desembarque; puerto de llegada; puerto de entrega; lugar de entrega; pais
        de importacion; importacion; llegada; se envia a; enviado a; enviada a; enviados a; enviado hacia; lo mandan
        a; lo mandaron a; lo envian a; lo llevan a; mandado a; manda a; exportado a; exportada a; regresa a; de vuelta
        a; vuelve a; retorno a; hasta el puerto de; proxima escala; puerto siguiente; destino a; con destino al puerto
        de; con destino final; con destino final a; arrivee a; arrivee au; arrivee en""",
    PlaceRole.TRANSIT: """
        rolled at; rolled over at; rolled over in;
        via; transhipped; transshipped; calls; calls at; through; transit; transit port; transit country; in transit
        at; in transit in; in transit through; in transit via; transiting; transiting through; transhipped at;
        transhipped in; transshipped at; transshipped in; transhipment at; transhipment in; transhipment;
        transshipment at; transshipment in; transshipment; calling at; stopover in; stopover at; stopped over in;
        stopped over at; stop over in; stops in; stops at; change at; change in; change of ship in; change of ship at;
        changing ships at; changing ships in; changes ship in; changes ship at; changing vessels at; changing vessels
        in; goes round by; goes by way of; by way of; on the way it calls at; reloaded in; reloaded at; relayed in;
        relayed at; relayed through; passes through; passing through; passed through; en transit par; en transit a; en
        transit au; en transit via; en transit dans; transitant par; transite par; transborde a; transborde au;
        transbordement a; transbordement au; passant par; passage par; passe par; passera par; escale a; escale au;
        arret a; arret au; halte a; halte au; port de transit; en transito por; en transito en; en transito; transito
        por; transito; transbordado en; transbordo en; transbordo; escala en; haciendo escala en; pasando por; pasar
        por; pasa por; paso por; parada en; thru; t s; ts; trans; tranship; transship; transit via; call at; called
        at; calling; stop at; stop in; stops over in; stopover; stop over at; layover in; layover at; change of vessel
        in; change of vessel at; switched in; switched at; swapped in; transloaded in; transloaded at; transfer in;
        transfer at; transferred in; transferred at; feeder via; relay; relay in; relay at; relay port; routed via;
        routed through; routing via; touching; touches; moved through; moving through; went through; goes through;
        going through; came through; coming through; connecting in; connecting at; connection in; transshipping at;
        transshipping in; transhipping at; transhipping in; port of transhipment; port of transit; transhipment port;
        transborde en; transborde dans; transbordement en; transbordement; transborde; transitant via; transite via;
        transite a; transite au; passant via; passage a; passage au; passera a; passe via; escale; escale en; escales
        a; escale prevue a; escale prevue au; avec escale a; fait escale a; fera escale a; faisant escale a; fait
        escale au; fait escale en; relache a; relache au; correspondance a; en transit; port de transbordement; port d
        escale; port de relache; en passant par; pays de transit; tr; transito via; transitando por; transita por;
        trasbordo en; trasbordo; trasbordado en; trasbordada en; trasbordados en; transborda en; trasborda en;
        transbordara en; trasbordara en; transbordaron en; hace escala en; hacen escala en; hara escala en; hizo
        escala en; con escala en; previa escala en; escalas en; escala; recala en; recalara en; recalo en; toca; toca
        en; toco; tocara; toca puerto en; a traves de; a traves del; pasaron por; pasara por; pasando via; parada;
        hace parada en; puerto de transbordo; puerto de trasbordo; puerto de escala; pais de transito; trasladado en;
        trasladados en; transferido en; transferidos en; transbordes a; transbordes au; transbordee a;
        transbordees a""",
    PlaceRole.SEEN: """
        chez nous a; chez nous au; here with us in; here with us at; lo bajaron en; la bajaron en; los bajaron
        en; bajado en; bajada en; bajaron en; lo descargaron en; la descargaron en; los descargaron en;
        descargaron en; sous douane a; sous douane au; avisan de; avisan desde; informan de; nos dicen de; me
        dicen de;
        seen at; seen in; seen; found at; found in; held at; held in; detained at; detained in; discovered at;
        discovered in; arrived; reported at; intercepted at; intercepted in; inspected at; inspected in; stopped at;
        stopped in; arrived at; arrived in; seized at; seized in; located at; located in; docked at; docked in;
        berthed at; moored at; spotted at; spotted in; location; place; report from; reports from; reported from;
        greetings from; news from; message from; messages from; photos from; photo from; pictures from; picture from;
        call from; mail from; word from; colleagues from; writing from; reporting from; calling from; here in; stored
        in; stored at; lying in; lying at; vu a; vu au; vu en; vus a; trouve a; trouve au; trouve en; retenu a; retenu
        au; bloque a; bloque au; saisi a; saisi au; decouvert a; decouvert au; decouvert en; intercepte a; intercepte
        au; arrive a; arrive au; lieu; observe a; observe au; stocke a; stocke au; entrepose a; entrepose au; a quai
        a; a quai au; reste a; restes a; signalement de; signalement du; signalement d; nouvelles de; nouvelles du;
        nouvelles d; photos de; photos du; photos d; message de; message du; message d; rapport de; rapport du;
        rapport d; bonjour de; collegues de; collegues du; collegues d; visto en; vistos en; vista en; hallado en;
        encontrado en; detenido en; retenido en; interceptado en; aviso de; avisos de; reporte de; informe de;
        noticias de; mensaje de; fotos de; saludos de; saludos desde; noticias desde; informan desde; colegas de;
        almacenado en; fondeado en; atracado en; parado en; inmovilizado en; llegado a; llego a; llegaron a;
        descubierto en; lugar; ubicacion; stuck at; stuck in; lies at; lies in; waiting at; waiting in; parked at;
        parked in; kept at; kept in; currently at; currently in; now at; now in; still at; still in; here at; we are
        in; we are at; i am in; i am at; i m in; i m at; opened at; opened in; checked at; checked in; scanned at;
        scanned in; examined at; examined in; discharged; discharged at; discharged in; unloaded at; unloaded in;
        offloaded at; offloaded in; off loaded at; off loaded in; landed at; landed in; refused at; refused in;
        rejected at; rejected in; turned up in; turned up at; showed up in; showed up at; surfaced in; hello from; hi
        from; good morning from; regards from; update from; note from; tip from; alert from; writing to you from; quay
        in; quay at; on the quay in; on the quay at; on the quay of; at anchor in; at anchor off; at anchorage;
        anchored in; anchored at; abandoned at; abandoned in; left behind in; blocked at; blocked in; impounded at;
        impounded in; ata; se trouve a; se trouve au; se trouve en; se trouvent a; se trouvent au; est a; est au; sont
        a; sont au; est reste a; est restee a; restee a; restees a; est bloque a; bloquee a; bloques a; bloquee au;
        ouvert a; ouverts a; ouvert au; controle a; controle au; controles a; inspecte a; inspecte au; immobilise a;
        immobilise au; localise a; localise au; repere a; repere au; constate a; constate au; depose a; depose au; vue
        a; vus au; vues a; saisie a; saisis a; retenue a; retenus a; retenue au; trouves a; trouvee a; trouves au;
        decharge a; decharges a; decharge au; debarque a; debarques a; debarque au; refuse a; refuse au; refoule a; en
        rade de; en rade d; au mouillage a; au mouillage de; a l ancre a; a quai; a quai en; ici a; ici au;
        actuellement a; actuellement au; en ce moment a; bonjour du; bonjour d; salutations de; ata a; esta en; estan
        en; se encuentra en; se encuentran en; estoy en; estamos en; aqui en; sigue en; siguen en; permanece en; queda
        en; quedo en; ahora en; actualmente en; lo vimos en; la vimos en; los vimos en; lo encontramos en; lo abrimos
        en; lo tenemos en; lo detuvimos en; vimos en; abierto en; abiertos en; abierta en; revisado en; revisados en;
        inspeccionado en; inspeccionada en; incautado en; incautada en; decomisado en; decomisada en; bloqueado en;
        localizado en; localizada en; ubicado en; hallada en; hallados en; encontrada en; encontrados en; detenida en;
        detenidos en; retenida en; retenidos en; interceptada en; interceptados en; almacenada en; almacenados en;
        fondeada en; atracada en; varado en; depositado en; descargado en; descargada en; descargados en; desembarcado
        en; desembarcados en; desembarcada en; rechazado en; rechazada en; rechazados en; saludos desde el puerto de;
        hola desde; buenos dias desde; buenas desde; escribo desde; llamo desde; reporto desde; reportan desde;
        reportado en; est arrivee a; sont arrivees a; bien arrivee a; est arrivee au; sont arrivees au""",
}
"""Phrases, divided by semicolons, after which a place of this role follows."""

USUAL = {
    PlaceRole.SEEN: """
        at; in; near; off; anchored off; alongside; inside; outside; en; dans; pres de; cerca de; frente a; au large
        de; au large d; au large du; en el muelle de; en el muelle sur de; en el muelle norte de""",
    PlaceRole.DESTINATION: """
        for; pour; para""",
    PlaceRole.TRANSIT: """
        par; por""",
}
"""Phrases after which a place follows more often than not."""

NEAR = {
    PlaceRole.ORIGIN: """
        loaded loading exporter shipper notifier stuffed seller generator expediteur exportateur chargeur charge charges
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
    linked related company firm offices flagged incorporated known similar due pertenece renvoye renvoi retour
    retourne refuse refusee refused refuses rejected by signe signee signed informe accuse envoye saisi rechazado
    rechazada firmado informado enviado devuelto devuelta devolucion basee base societe entreprise empresa compared
    reported report thanks hear heard reply answer invoice facture factura letter lettre carta"""
)
AFTER = {
    **dict.fromkeys(
        ("port of discharge", "discharge port", "port of destination", "destination", "final destination", "consignee",
         "pod", "final port", "discharge", "port of unloading", "port de dechargement", "port de destination",
         "destination finale", "puerto de descarga", "puerto de destino", "destino", "destino final"),
        PlaceRole.DESTINATION,
    ),
    **dict.fromkeys(
        ("port of loading", "pol", "loading", "load", "load port", "loading port", "port of origin", "origin",
         "country of origin", "port de chargement", "origine", "pays d origine", "puerto de carga", "origen",
         "pais de origen"),
        PlaceRole.ORIGIN,
    ),
    **dict.fromkeys(
        ("t s", "ts", "transit", "transito", "transbordement", "transbordo", "trasbordo", "escale", "escala", "relay",
         "transhipment", "transit port", "port of transit", "port de transit", "puerto de transito"),
        PlaceRole.TRANSIT,
    ),
}  # fmt: skip
"""What may be said after a place: "Monrovia as port of discharge"."""

SAYS = vocabulary(
    """says say said writes wrote reports report informs tells asks asked confirms confirmed told called calls dit
    signale confirme demande informe ecrit previent dice informa avisa confirma pide reporta pregunta"""
)
"""What somebody does who writes from a place, and no cargo."""

LANDED = vocabulary(
    """discharged unloaded offloaded landed decharge decharges debarque debarques descargado descargada descargados
    desembarcado desembarcados desembarcada"""
)
"""What ends a journey: where it is, and where it was to go when the text says where it came from."""

PARTIES = vocabulary(
    """shipper shippers exporter exporters sender supplier seller notifier generator producer expediteur exportateur
    chargeur fournisseur notifiant vendeur exportador expedidor remitente proveedor cargador vendedor notificador"""
)
"""Who sends: where they sit is where something came from, but no leg of its journey."""

THEN = vocabulary("then puis luego despues before avant")
"""What leads from one port of a journey to the next."""

ROUTE = vocabulary("route routing rotation itinerary itineraire trajet itinerario ruta recorrido")
"""What the ports of a journey are listed after."""

LANES = vocabulary(
    """expedition envoi envio shipment transport transporte ferry liaison ligne linea voyage viaje traslado trip fait
    fera hace lane"""
)
"""What the ports of a journey are listed after, but a single one may be either end."""

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
